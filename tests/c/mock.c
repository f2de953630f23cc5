/* See mock.h. The control API is plain HTTP/1.1 over loopback, one connection per call. */
#include "mock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "json.h"

const char *const MOCK_OPTIONS =
    "{\"provider\":\"openai\",\"api_key\":\"test-key\",\"retries_max\":0}";

enum { RESPONSE_BYTES_MAX = 16 << 20, WAIT_MS = 5000 };

static int mock_port;

static int port_of(const char *line) {
  char url[128];
  json_text(line, "http", url, sizeof url);
  const char *colon = strrchr(url, ':');
  return colon ? atoi(colon + 1) : 0;
}

static void run_mock(const char *path, int input, int output) {
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  execl(path, path, (char *)NULL);
  dprintf(STDERR_FILENO, "cannot run the mock provider %s: %s\n", path, strerror(errno));
  _exit(127);
}

Mock mock_start(void) {
  const char *path = getenv("LITER_LLM_MOCK");
  if (!path) path = "tests/mock/target/release/liter-llm-mock";
  int input[2];
  int output[2];
  CHECK(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
  Mock mock = {fork(), 0, input[1]};
  if (mock.pid == 0) run_mock(path, input[0], output[1]);
  close(input[0]);
  close(output[1]);
  char line[4096] = "";
  FILE *stream = fdopen(output[0], "r");
  if (!stream || !fgets(line, sizeof line, stream)) {
    check_fail(__FILE__, __LINE__, "the mock provider %s did not start", path);
  }
  fclose(stream);
  mock.port = mock_port = port_of(line);
  CHECK(mock.port > 0);
  return mock;
}

int mock_check_main(const CheckTest *tests, size_t count, int argc, char **argv) {
  Mock mock = mock_start();
  int code = check_main(tests, count, argc, argv);
  close(mock.stdin_fd);
  waitpid(mock.pid, NULL, 0);
  return code;
}

static int connect_to_mock(void) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)mock_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
  return fd;
}

/* Whether the bytes read so far are a whole response by its content-length. */
static int is_whole(const char *response, size_t length) {
  const char *end = strstr(response, "\r\n\r\n");
  const char *field = strcasestr(response, "\r\ncontent-length:");
  if (!end || !field || field > end) return 0;
  return length >= (size_t)(end + 4 - response) + (size_t)atol(field + 17);
}

static char *read_response(int fd) {
  size_t size = 4096;
  size_t length = 0;
  char *response = malloc(size);
  CHECK(response != NULL);
  while (1) {
    if (length + 1 == size) {
      size *= 2;
      CHECK(size <= RESPONSE_BYTES_MAX);
      response = realloc(response, size);
      CHECK(response != NULL);
    }
    ssize_t got = read(fd, response + length, size - length - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += (size_t)got;
    response[length] = 0;
    if (is_whole(response, length)) break;
  }
  response[length] = 0;
  return response;
}

/* One call of the control API; the body of its response, to be freed. */
static char *control(const char *method, const char *path, const char *body) {
  size_t size = strlen(path) + strlen(body) + 256;
  char *request = malloc(size);
  CHECK(request != NULL);
  int length = snprintf(request, size,
                        "%s %s HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
                        "content-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                        method, path, strlen(body), body);
  int fd = connect_to_mock();
  CHECK(send(fd, request, (size_t)length, MSG_NOSIGNAL) == length);
  char *response = read_response(fd);
  close(fd);
  free(request);
  if (strncmp(response, "HTTP/1.1 2", 10) != 0) {
    check_fail(__FILE__, __LINE__, "mock: %s %s gave %.300s", method, path, response);
  }
  char *content = strstr(response, "\r\n\r\n");
  memmove(response, content + 4, strlen(content + 4) + 1);
  return response;
}

void mock_plan(const char *key, const char *steps) {
  char path[256];
  snprintf(path, sizeof path, "/_/plans/%s", key);
  size_t size = strlen(steps) + 32;
  char *plan = malloc(size);
  CHECK(plan != NULL);
  snprintf(plan, size, "{\"steps\":[%s]}", steps);
  free(control("PUT", path, plan));
  free(plan);
}

static char *wait_for(const char *key, const char *query, int timeout_ms) {
  char path[512];
  snprintf(path, sizeof path, "/_/wait/%s?%s&timeout_ms=%d", key, query, timeout_ms);
  return control("GET", path, "");
}

static int is_held(const char *document) {
  const char *held = json_find(document, "held");
  return held && strncmp(held, "true", 4) == 0;
}

char *mock_wait(const char *key, const char *query) {
  char *document = wait_for(key, query, (int)(WAIT_MS * check_slower()));
  if (!is_held(document)) {
    check_fail(__FILE__, __LINE__, "mock: %s never saw %s: %.1500s", key, query, document);
  }
  return document;
}

int mock_happens(const char *key, const char *query, int timeout_ms) {
  char *document = wait_for(key, query, timeout_ms);
  int held = is_held(document);
  free(document);
  return held;
}

char *mock_seen(const char *key) {
  char path[256];
  snprintf(path, sizeof path, "/_/seen/%s", key);
  return control("GET", path, "");
}

void mock_signal(const char *key, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "/_/signal/%s/%s", key, name);
  free(control("POST", path, ""));
}

char *mock_base_url(const char *key, char *buffer, size_t size) {
  snprintf(buffer, size, "http://127.0.0.1:%d/%s/v1", mock_port, key);
  return buffer;
}

char *mock_request(const char *key, const char *more, char *buffer, size_t size) {
  char url[256];
  int length = snprintf(buffer, size,
                        "{\"model\":\"test-model\",\"messages\":[{\"role\":\"user\",\"content\":"
                        "\"hello\"}],\"base_url\":\"%s\",\"api_key\":\"test-key\"%s}",
                        mock_base_url(key, url, sizeof url), more);
  CHECK(length > 0 && (size_t)length < size);
  return buffer;
}
