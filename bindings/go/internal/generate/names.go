package main

// The names that requests and responses have: constants, for editors to complete.

import (
	"fmt"
	"regexp"
	"strings"
)

// provider is a provider that the core knows.
type provider struct {
	Name            string  `json:"name"`
	BaseURL         *string `json:"base_url"`
	BaseURLVariable string  `json:"base_url_variable"`
}

// names are constants without a type, so that they go wherever text does.
func names(read *schema) string {
	text := head + "//go:build cgo\n\npackage literllm\n\n"
	operations := []word{}
	for _, operation := range read.Operations {
		operations = append(operations, operation.word)
	}
	for _, list := range []struct {
		prefix, doc string
		words       []word
	}{
		{"Role", "The roles of a [Message].", read.Roles},
		{"Finish", "The finish reasons of a [Receipt].", read.FinishReasons},
		{"Outcome", "The outcomes of a [Receipt].", read.Outcomes},
		{"Phase", "The phases of an [Error].", read.Phases},
		{"Timer", "The timers of an [Error].", read.Timers},
		{"Auth", "The ways to send a key, for [WithAuth].", read.Auths},
		{"Operation", "The operations of a [Call].", operations},
	} {
		text += comment(list.doc, "") + "const (\n"
		for _, word := range list.words {
			name := list.prefix + goName(word.Name)
			text += comment(name+": "+lowerFirst(plain(word.Description)), "\t")
			text += fmt.Sprintf("\t%s = %q\n", name, word.Name)
		}
		text += ")\n\n"
	}
	return text
}

// How providers write their names, where that is not one capital and small letters.
var spelled = map[string]string{
	"ai21": "AI21", "aihubmix": "AIHubMix", "aimlapi": "AIMLAPI", "bigmodel": "BigModel",
	"byteplus": "BytePlus", "cometapi": "CometAPI", "compactifai": "CompactifAI",
	"dashscope": "DashScope", "deepinfra": "DeepInfra", "deepseek": "DeepSeek",
	"digitalocean": "DigitalOcean", "edenai": "EdenAI", "github": "GitHub", "gmi": "GMI",
	"huggingface": "HuggingFace", "litellm": "LiteLLM", "llamacpp": "LlamaCpp",
	"lmstudio": "LMStudio", "localai": "LocalAI", "minimax": "MiniMax", "modelscope": "ModelScope",
	"nano-gpt": "NanoGPT", "nvidia": "NVIDIA", "openai": "OpenAI", "openrouter": "OpenRouter",
	"ovhcloud": "OVHcloud", "sambanova": "SambaNova", "sglang": "SGLang",
	"siliconflow": "SiliconFlow", "stepfun": "StepFun", "tei": "TEI", "vllm": "VLLM",
	"wandb": "WandB", "xai": "XAI", "xiaomi_mimo": "XiaomiMiMo", "zai": "ZAI",
}

var between = regexp.MustCompile(`[^a-z0-9]+`)

func providers(read *schema) string {
	constants, addresses := "", ""
	for _, provider := range read.Providers {
		name, known := spelled[provider.Name]
		if !known {
			name = goName(strings.Trim(between.ReplaceAllString(provider.Name, "_"), "_"))
		}
		address := ""
		if provider.BaseURL != nil {
			address = *provider.BaseURL
		}
		constants += fmt.Sprintf("\tProvider%s = %q\n", name, provider.Name)
		addresses += fmt.Sprintf("\t%q: {%q, %q},\n", provider.Name, address, provider.BaseURLVariable)
	}
	return head + "//go:build cgo\n\npackage literllm\n\n" +
		comment("The providers, for [WithProvider] and Request.Provider. docs/guide.md says which "+
			"environment variables and operations each has.", "") +
		"const (\n" + constants + ")\n\n" +
		comment("providerAddresses has each provider's base URL, and the environment variable that "+
			"takes precedence over it.", "") +
		"var providerAddresses = map[string]providerAddress{\n" + addresses + "}\n\n" +
		"type providerAddress struct{ baseURL, variable string }\n"
}
