//! The names of fields that providers know themselves: a request that has one of them, and no
//! field of ours that it resembles, says what it means. Owns the lists and no rule. Sources are
//! the API references of the providers, and of vLLM, SGLang, llama.cpp, Ollama and LiteLLM the
//! definitions of their requests.

/// Names of chat completions that are no field of ours and that most providers share: a slip of one
/// of them is named too.
pub(crate) const SHARED: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "parallel_tool_calls",
    "presence_penalty",
    "service_tier",
    "stream_options",
    "top_k",
    "top_logprobs",
];

/// In whatever API: the names of one are no other's of another meaning.
const COMMON: &str = "\
    adapter_id adaptive_decay adaptive_target add_generation_prompt add_special_tokens \
    allowed_token_ids anthropic_beta anthropic_version asr_options audio audio_timestamp \
    auto_truncate backend_sampling background bad_words best_of betas bootstrap_host \
    bootstrap_port bootstrap_room bot_setting cache_control cache_prompt cache_salt \
    cached_content caching candidate_count chat_history chat_template chat_template_kwargs \
    citation citation_options citation_quality citations clear_thinking client_request_id \
    compliance compound_custom connectors container content contents context \
    context_length_exceeded_behavior context_management continue_final_message conversation \
    conversation_id custom_inputs custom_logit_processor custom_outputs custom_params \
    dataSources data_parallel_rank data_sources databricks_options debug decoder_input_details \
    deferred details diffusing dimensions disable_parallel_tool_use disable_reasoning \
    disable_search disable_tool_validation do_sample document documents draft_model \
    draft_num_predict dry_allowed_length dry_base dry_multiplier dry_penalty_last_n \
    dry_sequence_breakers dynatemp_exponent dynatemp_range ebnf echo echo_last embedding_type \
    embedding_types embeddings_by_type enable_affective_dialog enable_citation \
    enable_code_interpreter enable_deep_read enable_deep_search enable_enhanced_civic_answers \
    enable_enhancement enable_input_image_moderation enable_search enable_search_classifier \
    enable_speed_search enable_thinking enable_trace encoding_format endpoint_id enhancements \
    eos_token exclude_domains extended_thinking filter_kb_content_by_query_metadata \
    force_search_enhancement force_single_step forced_output_tokens format frequency_penalty \
    function_call functions gateway generation_config grammar grammar_lazy grammar_triggers \
    guardrails guided_choice guided_decoding_backend guided_grammar guided_json guided_regex \
    guided_whitespace_pattern id_slot ignore_eos image image_config image_data \
    image_domain_filter image_format_filter images include include_domains \
    include_functions_info include_guardrails_info include_reasoning include_retrieval_info \
    include_stop_str_in_output incremental_output inference_geo input input_text input_type \
    inputs instruction instruction_override instructions json_schema k kb_filters keep_alive \
    kv_transfer_params labels language_preference last_updated_after_filter \
    last_updated_before_filter late_chunking length_penalty logit_bias logits_processors \
    logprob_token_ids logprobs lora lora_path low_vram main_gpu mask_sensitive_info \
    max_chunks_per_doc max_completion_tokens max_input_tokens max_new_tokens max_output_tokens \
    max_thinking_tokens max_tokens max_tokens_per_doc max_tokens_to_sample max_tool_calls \
    mcp_servers media_io_kwargs media_resolution media_response message messages metadata \
    min_keep min_new_tokens min_p min_thinking_tokens min_tokens mirostat mirostat_eta \
    mirostat_lr mirostat_target mirostat_tau mm_processor_kwargs modalities mode model \
    model_armor_config model_selection_config models moderation n n_cache_reuse n_cmpl n_discard \
    n_indent n_keep n_predict n_probs next_token no_stop_trim normalize num_batch \
    num_ctx num_gpu num_keep num_predict num_search_results num_thread numa nvext options \
    output_config output_dimension output_dimensionality output_dtype output_format p \
    parallel_tool_calls parameters parse_reasoning parse_tool_calls partial passages \
    penalize_newline penalize_nl penalty_score perf_metrics_in_response plugins \
    post_sampling_probs preamble prediction prefix presence_penalty preserve_thinking preset \
    previous_response_id priority prompt prompt_cache_isolation_key prompt_cache_key \
    prompt_cache_max_len prompt_cache_options prompt_cache_retention prompt_logprobs prompt_mode \
    prompt_name prompt_truncate_len prompt_truncation provide_citations providerOptions queries \
    query random_seed rank_fields raw raw_output raw_prompting raw_scores reasoning \
    reasoning_budget reasoning_control reasoning_effort reasoning_format reasoning_history \
    reasoning_split regex repeat_last_n repeat_penalty repetition_detection repetition_penalty \
    reply_constraints request_id requests response_fields response_format response_json_schema \
    response_logprobs response_mime_type response_modalities response_schema result_format \
    retrieval_method return_documents return_full_text return_hidden_states return_images \
    return_multivector return_progress return_prompt return_related_questions \
    return_routed_experts return_text return_token_ids return_tokens return_tokens_as_token_ids \
    return_trace rid route routing_config safe_prompt safety_identifier safety_mode safety_model \
    safety_settings samplers search_after_date_filter search_before_date_filter \
    search_domain_filter search_info search_language_filter search_mode search_options \
    search_parameters search_queries_only search_recency_filter search_settings search_type seed \
    seed_everything separate_reasoning service_tier session_id session_params shift \
    skip_special_tokens slot_id spaces_between_special_tokens speculation speech_config speed \
    stop stop_regex stop_sequences stop_token_id stop_token_ids store stream stream_mode \
    stream_moderation stream_options stream_reasoning strict_tools structural_tag \
    structured_outputs suffix system system_instruction t_max_predict_ms task task_type \
    temperature template text texts tfs_z think thinking thinking_budget thinking_config \
    thinking_forced_open thinking_token_budget timings_per_token title tokens_to_generate \
    tool_choice tool_config tool_results tool_stream tools top_a top_k top_logprobs top_n \
    top_n_sigma top_p trace transforms translation_options truncate truncate_dim \
    truncate_prompt_tokens truncation truncation_direction ttl typical_p usage usage_context \
    use_beam_search use_mmap user user_id user_security_context venice_parameters verbosity \
    vl_high_resolution_images vllm_xargs watermark watermark_enabled web_search \
    web_search_options xtc_probability xtc_threshold";

/// Gemini's and Vertex AI's own spelling.
const GEMINI: &str = "\
    audioTimestamp autoTruncate cachedContent candidateCount embedContentConfig \
    enableAffectiveDialog enableEnhancedCivicAnswers frequencyPenalty generationConfig \
    imageConfig maxOutputTokens mediaResolution modelArmorConfig modelConfig \
    modelSelectionConfig outputDimensionality presencePenalty responseJsonSchema \
    responseLogprobs responseMimeType responseModalities responseSchema routingConfig \
    safetySettings serviceTier speechConfig stopSequences systemInstruction taskType \
    thinkingConfig toolConfig topK topP";

/// Of Converse and of the models that Bedrock embeds with.
const BEDROCK: &str = "\
    additionalModelRequestFields additionalModelResponseFieldPaths embeddingConfig \
    embeddingTypes guardrailConfig inferenceConfig inputImage inputText modelId numberOfResults \
    outputConfig performanceConfig promptVariables requestMetadata schemaVersion serviceTier \
    taskType toolConfig";

/// Of LiteLLM's proxy, which has options of calls in its requests.
const LITELLM: &str = "\
    api_base api_version cache context_window_fallbacks custom_llm_provider drop_params \
    extra_headers extra_query fallbacks guardrails litellm_metadata max_retries metadata \
    mock_response num_retries request_timeout stream_timeout tags timeout";

/// Names that are one provider's and that elsewhere would be a slip of one of ours.
const OWN: &[(&str, &str)] = &[("dashscope", "dimension"), ("jina", "normalized")];

/// Whether a provider, or its wire, has a field of this name.
pub(crate) fn is_known(provider: &str, wire: &str, name: &str) -> bool {
    let own = match (provider, wire) {
        ("litellm", _) => LITELLM,
        (_, "gemini") => GEMINI,
        (_, "bedrock") => BEDROCK,
        _ => "",
    };
    OWN.contains(&(provider, name))
        || [COMMON, own]
            .iter()
            .any(|list| list.split(' ').any(|known| known == name))
}
