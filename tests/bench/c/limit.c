/* The least that any client could do: one thread, one epoll, raw sockets, no JSON parser. Knows the
 * mock's HTTP/1.1 and nothing else (response.h); what it does not know is an error of the stream,
 * so that a run counts only when every byte was understood. No TLS, timer, retry or cancel. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "meter.h"
#include "response.h"

enum { EVENTS_MAX = 256, REQUEST_MAX = 1024 };

typedef struct {
  int file;
  bool waits; /* for the connection, with its request unsent */
  bool runs;
  Stream stream;
  Response response;
} Connection;

/* What a read left behind. */
typedef enum { READ_MORE, READ_ALL, READ_CLOSED } Outcome;

static int poll;
static struct sockaddr_in server;
static Connection *connections;
static size_t started;
static Text text;

static size_t request_for(size_t index, char *request) {
  char body[REQUEST_MAX / 2];
  int length = snprintf(
      body, sizeof body,
      "{\"model\": \"test-model\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}], "
      "\"stream\": %s}",
      arguments.whole ? "false" : "true");
  length = snprintf(request, REQUEST_MAX,
                    "POST /%s/v1/chat/completions HTTP/1.1\r\nhost: %s\r\n"
                    "authorization: Bearer test-key\r\ncontent-type: application/json\r\n"
                    "content-length: %d\r\n\r\n%s",
                    meter_key(index), arguments.base_url + strlen("http://"), length, body);
  if (length >= REQUEST_MAX) fail("request", "too long");
  return (size_t)length;
}

static void send_request(Connection *connection) {
  char request[REQUEST_MAX];
  size_t length = request_for(connection->stream.index, request);
  connection->waits = false;
  if (send(connection->file, request, length, MSG_NOSIGNAL) != (ssize_t)length)
    fail("send", "not all at once");
}

/* Edge-triggered: an event costs no second look at the socket. */
static void connect_to_server(Connection *connection) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
  int yes = 1, file = connection->file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (file < 0) fail("socket", strerror(errno));
  setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(file, (struct sockaddr *)&server, sizeof server)) {
    if (errno != EINPROGRESS) fail("connect", strerror(errno));
    connection->waits = true;
    event.events |= EPOLLOUT;
  }
  if (epoll_ctl(poll, EPOLL_CTL_ADD, file, &event)) fail("epoll_ctl", strerror(errno));
}

static void start(Connection *connection) {
  connection->stream = meter_stream(started++);
  connection->runs = true;
  response_begin(&connection->response);
  if (connection->file < 0) connect_to_server(connection);
  if (!connection->waits) send_request(connection);
}

/* The connection is used again, unless the stream broke it. */
static void end(Connection *connection, const char *error) {
  connection->runs = false;
  meter_end(&connection->stream, error);
  if (error) close(connection->file), connection->file = -1;
  if (started < arguments.streams) start(connection);
}

static Outcome read_once(Connection *connection) {
  static char bytes[RESPONSE_READ_MAX];
  ssize_t count = recv(connection->file, bytes, sizeof bytes, 0);
  if (count < 0 && errno == EAGAIN) return READ_ALL;
  if (count <= 0) {
    if (connection->runs)
      end(connection, count ? strerror(errno) : "the connection ended early");
    else
      close(connection->file), connection->file = -1;
    return READ_CLOSED;
  }
  Response *response = &connection->response;
  const char *error = response_read(response, bytes, (size_t)count, &text);
  if (text.count) meter_text(&connection->stream, text.data, text.length, text.ends, text.count);
  if (error || response->part == COMPLETE) {
    end(connection, error);
    return error ? READ_CLOSED : READ_ALL;
  }
  return count == sizeof bytes ? READ_MORE : READ_ALL;
}

static void take(const struct epoll_event *event) {
  Connection *connection = event->data.ptr;
  int error = 0, ended = event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  socklen_t size = sizeof error;
  if (connection->waits && event->events & (EPOLLOUT | EPOLLERR)) {
    getsockopt(connection->file, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) fail("connect", strerror(error));
    send_request(connection);
  }
  if (!(event->events & EPOLLIN) && !ended) return;
  Outcome outcome = read_once(connection);
  /* No other event tells of an end that came with the last bytes. */
  while (outcome == READ_MORE || (outcome == READ_ALL && ended)) outcome = read_once(connection);
}

static void run(void) {
  struct epoll_event events[EVENTS_MAX];
  started = 0;
  while (started < arguments.streams && started < arguments.concurrency)
    start(&connections[started]);
  while (!meter_is_over()) {
    int count = epoll_wait(poll, events, EVENTS_MAX, meter_wait_ms());
    if (count < 0 && errno != EINTR) fail("epoll_wait", strerror(errno));
    for (int at = 0; at < count; at++) take(&events[at]);
  }
}

int main(int count, char **words) {
  char address[INET_ADDRSTRLEN];
  unsigned short port;
  meter_start(count, words);
  if (arguments.ca) fail("--ca", "there is no TLS in it");
  if (arguments.workers) fail("--workers", "it has one thread");
  if (sscanf(arguments.base_url, "http://%15[0-9.]:%hu", address, &port) != 2)
    fail("--base-url", arguments.base_url);
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, address, &server.sin_addr) != 1) fail("--base-url", address);
  poll = epoll_create1(0);
  connections = calloc(arguments.concurrency + 1, sizeof(Connection));
  if (poll < 0 || !connections) fail("epoll or memory", "none");
  for (size_t index = 0; index < arguments.concurrency; index++) connections[index].file = -1;
  meter_measure(run, "limit", "raw epoll, gcc " __VERSION__);
  return 0;
}
