/* liter_llm_json.h: fields of odd documents, of documents made at random, and of broken ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caller.h"
#include "check.h"
#include "mock.h"
#include "suites.h"

/* A program's locale may have a decimal comma, with which strtod ends at a point. */
static double strtod_without_point(const char *text, char **end) {
  CHECK(strchr(text, '.') == NULL);
  return strtod(text, end);
}
#define strtod strtod_without_point
#include "liter_llm_json.h"

/* A copy of just these bytes, so that the memory tools see a read behind them. */
static char *copy_of(const char *json, size_t length) {
  char *copy = malloc(length ? length : 1);
  CHECK(copy != NULL);
  memcpy(copy, json, length);
  return copy;
}

typedef struct TextOf {
  const char *json;
  const char *path;
  const char *text; /* NULL: there is none */
} TextOf;

static const TextOf texts[] = {
    {"{\"a\":\"b\"}", "a", "b"},
    {" {\n\t\"a\" : \"b\" }\r\n", "a", "b"},
    {"{\"a\":{\"b\":[{},{\"c\":\"deep\"}]}}", "a.b.1.c", "deep"},
    {"{\"x\":{\"a\":\"inner\"},\"a\":\"outer\"}", "a", "outer"},
    {"{\"x\":\"\\\"a\\\":1,\",\"a\":\"after\"}", "a", "after"},
    {"{\"x\":\"}]{[\",\"a\":\"brackets\"}", "a", "brackets"},
    {"{\"x\":\"\\\\\",\"a\":\"backslash\"}", "a", "backslash"},
    {"{\"a\":\"first\",\"a\":\"second\"}", "a", "first"},
    {"{\"ab\":\"longer\",\"a\":\"b\"}", "a", "b"},
    {"{\"a\":\"b\",\"ab\":\"longer\"}", "ab", "longer"},
    {"{\"\\u0061\\n\":\"escaped name\"}", "a\n", "escaped name"},
    {"{\"\xC3\xA4\":\"\xE4\xBA\x86\"}", "\xC3\xA4", "\xE4\xBA\x86"},
    {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a", "\"\\/\b\f\n\r\t"},
    {"{\"a\":\"\\u00e4\\u4E86\\u007f\"}", "a", "\xC3\xA4\xE4\xBA\x86\x7F"},
    {"{\"a\":\"\\ud83d\\ude00.\"}", "a", "\xF0\x9F\x98\x80."},
    {"{\"a\":\"\\ud83d.\"}", "a", "\xEF\xBF\xBD."},
    {"{\"a\":\"\\ude00.\"}", "a", "\xEF\xBF\xBD."},
    {"{\"a\":\"\\ude00\\ude00\"}", "a", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"{\"a\":\"\\ud83d\\u0041\"}", "a", "\xEF\xBF\xBD\x41"},
    {"{\"a\":\"\\ud83d\\ud83d\\ude00\"}", "a", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
    {"{\"a\":\"\\u12\"}", "a",
     "\xEF\xBF\xBD"
     "12"},
    {"{\"a\":\"\"}", "a", ""},
    {"{\"\":\"no name\"}", ".", "no name"},
    {"[\"zero\",\"one\"]", "1", "one"},
    {"[\"zero\",\"one\"]", "0", "zero"},
    {"{\"1\":\"a name\"}", "1", "a name"},
    {"\"bare\"", "", "bare"},
    {"{\"a\":\"b\"}", "b", NULL},
    {"{\"a\":\"b\"}", "a.b", NULL},
    {"{\"a\":null}", "a", NULL},
    {"{\"a\":1}", "a", NULL},
    {"{\"a\":{\"b\":1}}", "a", NULL},
    {"{\"A\":\"b\"}", "a", NULL},
    {"[\"zero\"]", "1", NULL},
    {"[\"zero\"]", "-1", NULL},
    {"[\"zero\"]", "18446744073709551616", NULL},
    {"[]", "0", NULL},
    {"{}", "a", NULL},
    {"", "", NULL},
    {"", "a", NULL},
    {"  ", "a", NULL},
    {"{", "a", NULL},
    {"{\"a", "a", NULL},
    {"{\"a\"", "a", NULL},
    {"{\"a\":", "a", NULL},
    {"{\"a\":}", "a", NULL},
    {"{a:\"b\"}", "a", NULL},
    {"{xa\":\"b\"}", "a", NULL},
    {"}{\"a\":\"b\"}", "a", NULL},
};

static void fields_are_found_in_odd_json(void) {
  for (size_t i = 0; i < CHECK_COUNT(texts); i++) {
    char buffer[64];
    size_t length = strlen(texts[i].json);
    char *json = copy_of(texts[i].json, length);
    LlmJson value = llm_json_at(json, length, texts[i].path);
    const char *text = value.data && *value.data == '"' ? buffer : NULL;
    size_t whole = llm_json_text(json, length, texts[i].path, buffer, sizeof buffer);
    CHECK_NUMBER(whole, strlen(buffer));
    if (texts[i].text) {
      CHECK_TEXT(text, texts[i].text);
    } else if (text) {
      check_fail(__FILE__, __LINE__, "%s has %s at %s", texts[i].json, text, texts[i].path);
    }
    free(json);
  }
  CHECK(llm_json_at(NULL, 5, "a").data == NULL);
}

static void fields_hold_nul_and_are_cut_at_characters(void) {
  const char *json = "{\"a\":\"x\\u0000\xC3\xA4\\ud83d\\ude00z\"}";
  const char whole[] = "x\0\xC3\xA4\xF0\x9F\x98\x80z";
  const size_t ends[] = {0, 1, 2, 2, 4, 4, 4, 4, 8, 9};
  for (size_t size = 1; size <= sizeof whole; size++) {
    char buffer[16];
    memset(buffer, '#', sizeof buffer);
    CHECK_NUMBER(llm_json_text(json, strlen(json), "a", buffer, size), sizeof whole - 1);
    size_t kept = ends[size - 1];
    CHECK(memcmp(buffer, whole, kept) == 0 && buffer[kept] == 0 && buffer[kept + 1] == '#');
  }
  CHECK_NUMBER(llm_json_text(json, strlen(json), "a", NULL, 0), sizeof whole - 1);
}

typedef struct NumberOf {
  const char *json;
  int64_t integer; /* -7: the fallback */
  double number;   /* -7: the fallback */
} NumberOf;

static const NumberOf numbers[] = {
    {"0", 0, 0},
    {"-0", 0, 0},
    {"12", 12, 12},
    {"-12", -12, -12},
    {"312.5", -7, 312.5},
    {"0.9876543209876543", -7, 0.9876543209876543},
    {"-1.5e-3", -7, -1.5e-3},
    {"1e3", -7, 1e3},
    {"1E+3", -7, 1e3},
    {"0.00e0", -7, 0},
    {"9223372036854775807", INT64_MAX, 9223372036854775807.0},
    {"-9223372036854775808", INT64_MIN, -9223372036854775808.0},
    {"9223372036854775808", -7, 9223372036854775808.0},
    {"-9223372036854775809", -7, -9223372036854775808.0},
    {"123456789012345678901234567890", -7, 123456789012345678901234567890.0},
    {"1.7976931348623157e308", -7, 1.7976931348623157e308},
    {"2e308", -7, -7},
    {"-2e308", -7, -7},
    {"1e99999999999999999999", -7, -7},
    {"1e-99999999999999999999", -7, 0},
    {"5e-324", -7, 5e-324},
    {"-", -7, -7},
    {"1e", -7, -7},
    {"1e+", -7, -7},
    {"1.2.3", -7, -7},
    {"1-2", -7, -7},
    {"e5", -7, -7},
    {"0x10", -7, -7},
    {"inf", -7, -7},
    {"nan", -7, -7},
    {"\"12\"", -7, -7},
    {"null", -7, -7},
    {"true", -7, -7},
    {"[12]", -7, -7},
    {"", -7, -7},
};

static void fields_are_numbers(void) {
  for (size_t i = 0; i < CHECK_COUNT(numbers); i++) {
    char document[64];
    const NumberOf *expected = &numbers[i];
    size_t length = (size_t)snprintf(document, sizeof document, "{\"n\":%s}", expected->json);
    char *json = copy_of(document, length);
    CHECK_NUMBER(llm_json_integer(json, length, "n", -7), expected->integer);
    double number = llm_json_number(json, length, "n", -7);
    if (!(number == expected->number)) {
      check_fail(__FILE__, __LINE__, "%s is %.17g", expected->json, number);
    }
    free(json);
  }
}

static void fields_are_numbers_of_any_length(void) {
  char digits[1024];
  memset(digits, '1', sizeof digits);
  CHECK(llm_json_number(digits, LLM_JSON_NUMBER_BYTES_MAX, "", -7) == -7);
  CHECK(llm_json_number(digits, sizeof digits, "", -7) == -7);
  digits[1] = '.';
  CHECK(llm_json_number(digits, LLM_JSON_NUMBER_BYTES_MAX, "", -7) > 1.1);
  CHECK(llm_json_number(digits, LLM_JSON_NUMBER_BYTES_MAX + 1, "", -7) == -7);
}

static void fields_are_booleans(void) {
  const char *json =
      "{\"yes\":true,\"no\":false,\"null\":null,\"t\":tru,\"l\":truest,\"one\":1,\"text\":"
      "\"true\"}";
  size_t length = strlen(json);
  CHECK_NUMBER(llm_json_boolean(json, length, "yes", -1), 1);
  CHECK_NUMBER(llm_json_boolean(json, length, "no", -1), 0);
  const char *const others[] = {"null", "t", "l", "one", "text", "absent"};
  for (size_t i = 0; i < CHECK_COUNT(others); i++) {
    CHECK_NUMBER(llm_json_boolean(json, length, others[i], -1), -1);
  }
}

/* What llm_json_next goes through, in one line. */
static const char *listing(const char *json, char *line, size_t size) {
  LlmJson whole = {json, strlen(json)}, name = {NULL, 0}, value = {NULL, 0};
  size_t length = 0;
  line[0] = 0;
  while (llm_json_next(whole, &name, &value)) {
    length += (size_t)snprintf(line + length, size - length, "%.*s=%.*s;", (int)name.length,
                               name.data ? name.data : "", (int)value.length, value.data);
    CHECK(length < size);
  }
  CHECK(name.data == NULL && value.data == NULL);
  return line;
}

static void fields_are_gone_through(void) {
  char line[256];
  CHECK_TEXT(listing("{ \"a.b\" : [1, 2] , \"c\":{}}", line, sizeof line),
             "\"a.b\"=[1, 2];\"c\"={};");
  CHECK_TEXT(listing("[1, \"two\" ,null,[]]", line, sizeof line), "=1;=\"two\";=null;=[];");
  CHECK_TEXT(listing("[ ]", line, sizeof line), "");
  CHECK_TEXT(listing("{}", line, sizeof line), "");
  CHECK_TEXT(listing("7", line, sizeof line), "");
  CHECK_TEXT(listing("\"text\"", line, sizeof line), "");
  CHECK_TEXT(listing("[1 23]", line, sizeof line), "=1;");
  CHECK_TEXT(listing("{\"a\" 12}", line, sizeof line), "");
  CHECK_TEXT(listing("{\"a\":}", line, sizeof line), "");
  CHECK_TEXT(listing("{\"a\":1,}", line, sizeof line), "\"a\"=1;");
  LlmJson whole = {"[1,2]", 5}, value = {NULL, 0};
  CHECK(llm_json_next(whole, NULL, &value) && llm_json_next(whole, NULL, &value));
  CHECK(!llm_json_next(whole, NULL, &value));
}

/* A generator of its own, so that every run has the same documents. */
static uint64_t random_state = 0x9E3779B97F4A7C15;

static unsigned pick(unsigned below) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(random_state >> 33) % below;
}

/* Appends a random character: escaped to `json`, as it is to `text`. */
static void append_character(char *json, char *text) {
  static const struct {
    const char *json, *text;
  } characters[] = {
      {"\\\"", "\""},
      {"\\\\", "\\"},
      {"\\n", "\n"},
      {"\\u0001", "\x01"},
      {"\\ud83D\\uDE00", "\xF0\x9F\x98\x80"},
      {"\xC3\xA4", "\xC3\xA4"},
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
      {"\\/", "/"},
      {"{", "{"},
      {"]", "]"},
      {",", ","},
      {":", ":"},
      {" ", " "},
      {"a", "a"},
      {"u", "u"},
      {"0", "0"},
  };
  unsigned which = pick(CHECK_COUNT(characters));
  strcat(json, characters[which].json);
  strcat(text, characters[which].text);
}

static void append_text(char *json, char *text) {
  strcat(json, "\"");
  for (unsigned left = pick(6); left > 0; left--) append_character(json, text);
  strcat(json, "\"");
}

/* A document of `depth` objects, one in the other, between other fields; the path to the text. */
static void make_document(char *json, char *path, char *text, unsigned depth) {
  char ignored[256] = "";
  strcat(json, pick(2) ? "{" : " { ");
  for (unsigned left = pick(3); left > 0; left--) {
    strcat(json, "\"before");
    append_character(json, ignored);
    strcat(json, "\":");
    if (pick(2))
      strcat(json, "[{\"wanted\":1},-1.5e3,null ,true]");
    else
      append_text(json, ignored);
    strcat(json, pick(2) ? "," : " ,\n");
  }
  strcat(json, pick(2) ? "\"wanted\":" : "\"\\u0077anted\" : ");
  strcat(path, depth > 0 ? "wanted." : "wanted");
  if (depth > 0)
    make_document(json, path, text, depth - 1);
  else
    append_text(json, text);
  if (pick(2)) strcat(json, ",\"after\":{\"wanted\":[]}");
  strcat(json, "}");
}

/* Nothing is read or returned that does not stand in the document, whatever it is. */
static void check_stays_inside(const char *document, size_t length) {
  static const char *const paths[] = {"",  "wanted", "wanted.wanted",
                                      "0", "before", "after.wanted.0"};
  char *json = copy_of(document, length);
  for (size_t i = 0; i < CHECK_COUNT(paths); i++) {
    char buffer[8];
    LlmJson name, value = {NULL, 0}, found = llm_json_at(json, length, paths[i]);
    if (found.data) CHECK(found.data >= json && found.data + found.length <= json + length);
    CHECK(llm_json_text(json, length, paths[i], buffer, sizeof buffer) <= length);
    CHECK(memchr(buffer, 0, sizeof buffer) != NULL);
    llm_json_integer(json, length, paths[i], 0);
    llm_json_number(json, length, paths[i], 0);
    llm_json_boolean(json, length, paths[i], 0);
    for (size_t left = length + 1; llm_json_next(found, &name, &value); left--) CHECK(left > 0);
  }
  free(json);
}

static void fields_of_random_documents_are_found(void) {
  int rounds = check_slower() > 1 ? 300 : 20000;
  for (int round = 0; round < rounds; round++) {
    char json[4096] = "", path[64] = "", text[256] = "", found[256];
    make_document(json, path, text, pick(4));
    size_t length = strlen(json);
    CHECK_NUMBER(llm_json_text(json, length, path, found, sizeof found), strlen(text));
    CHECK_TEXT(found, text);
    check_stays_inside(json, length);
    check_stays_inside(json, pick((unsigned)length));
    for (unsigned changes = pick(4); changes > 0; changes--) {
      json[pick((unsigned)length)] = "\"\\{}[]:,u0e. \xF0\x80"[pick(15)];
    }
    check_stays_inside(json, length);
  }
}

/* Depth is counted, not called. */
static void fields_may_be_deep(void) {
  enum { DEPTH = 1000000 };
  char *json = malloc(DEPTH + 16);
  CHECK(json != NULL);
  memset(json, '[', DEPTH);
  CHECK(llm_json_at(json, DEPTH, "0.0.0").data == json + 3);
  json[0] = '{';
  memcpy(json + 1, "\"a\":", 4);
  CHECK(llm_json_at(json, DEPTH, "b").data == NULL);
  free(json);
}

/* What they are for: the receipt of a stream, its START, and the last error. */
static void fields_of_a_receipt(void) {
  char text[64];
  Caller caller = caller_open(1, NULL);
  mock_plan("receipt", "{\"answer\":{\"text\":\"one two\"}}");
  caller_start(&caller, 1, "receipt", "");
  caller_poll_until_ended(&caller, 1);
  const char *end = caller.streams[0].end;
  size_t length = strlen(end);
  CHECK_NUMBER(llm_json_text(end, length, "outcome", text, sizeof text), strlen("complete"));
  CHECK_TEXT(text, "complete");
  CHECK(llm_json_integer(end, length, "usage.output_tokens", -1) > 0);
  CHECK(llm_json_number(end, length, "timings.total_ms", -1) > 0);
  CHECK_NUMBER(llm_json_integer(end, length, "attempts", -1), 1);
  const char *start = caller.streams[0].start;
  llm_json_text(start, strlen(start), "provider", text, sizeof text);
  CHECK_TEXT(text, "openai");
  caller_free(&caller);
  CHECK_NUMBER(llm_client_close(NULL), LLM_ERROR_INVALID_ARGUMENT);
  llm_json_text(llm_last_error(), strlen(llm_last_error()), "message", text, sizeof text);
  CHECK_TEXT(text, "client is NULL");
}

const CheckTest fields_tests[] = {
    {"fields_are_found_in_odd_json", fields_are_found_in_odd_json, 0},
    {"fields_hold_nul_and_are_cut_at_characters", fields_hold_nul_and_are_cut_at_characters, 0},
    {"fields_are_numbers", fields_are_numbers, 0},
    {"fields_are_numbers_of_any_length", fields_are_numbers_of_any_length, 0},
    {"fields_are_booleans", fields_are_booleans, 0},
    {"fields_are_gone_through", fields_are_gone_through, 0},
    {"fields_of_random_documents_are_found", fields_of_random_documents_are_found, 0},
    {"fields_may_be_deep", fields_may_be_deep, 0},
    {"fields_of_a_receipt", fields_of_a_receipt, 0},
};
SUITE_END(fields)
