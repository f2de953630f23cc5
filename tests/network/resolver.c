/*
 * A getaddrinfo that plays name servers, and a connect that lets nothing leave this machine. Built
 * as a shared object and preloaded (LD_PRELOAD) into a test, which makes up its names:
 *
 *   LABEL.LABEL.names.test    labels are done in order; every other name is the system's
 *   a127-0-0-5                the address 127.0.0.5
 *   s00..01 (32 digits)       an IPv6 address
 *   slow300                   300 milliseconds pass first
 *   hungX                     waits until the file hungX is in the folder, half a minute at most
 *   fail, again               EAI_NONAME, EAI_AGAIN
 *   flaky                     EAI_AGAIN the first time that this name is looked up
 *   anything else             makes the name another one
 *
 * LITER_LLM_NAMES_FOLDER is the folder; its file "log" gets a line for each begin and end of a
 * lookup, and for each address off loopback that was to be connected to.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 512, NAME_BYTES = 256, NAMES_MAX = 64, HUNG_POLLS = 6000, POLL_MS = 5 };

static const char SUFFIX[] = ".names.test";

static void path_of(char *path, const char *file) {
  const char *folder = getenv("LITER_LLM_NAMES_FOLDER");
  snprintf(path, PATH_BYTES, "%s/%s", folder ? folder : "/nonexistent", file);
}

/* One write, so that lines of several threads do not mix. */
static void note(const char *format, ...) {
  char path[PATH_BYTES], line[PATH_BYTES];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  path_of(path, "log");
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (write(file, line, (size_t)length) != length) abort();
  close(file);
}

static void pause_ms(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

static void wait_for_file(const char *file) {
  char path[PATH_BYTES];
  path_of(path, file);
  for (int polls = 0; polls < HUNG_POLLS && access(path, F_OK) != 0; polls++) pause_ms(POLL_MS);
}

/* Whether this name was looked up before. */
static int is_known(const char *name) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static char names[NAMES_MAX][NAME_BYTES];
  int found = 0, place = 0;
  pthread_mutex_lock(&lock);
  for (; place < NAMES_MAX && names[place][0] && !found; place++)
    found = strcmp(names[place], name) == 0;
  if (!found && place < NAMES_MAX) snprintf(names[place], NAME_BYTES, "%s", name);
  pthread_mutex_unlock(&lock);
  return found;
}

static struct addrinfo *entry(int family, const void *address) {
  struct addrinfo *made = calloc(1, sizeof *made + sizeof(struct sockaddr_in6));
  if (!made) abort();
  made->ai_family = family;
  made->ai_socktype = SOCK_STREAM;
  made->ai_protocol = IPPROTO_TCP;
  made->ai_addr = (struct sockaddr *)(made + 1);
  made->ai_addr->sa_family = (sa_family_t)family;
  if (family == AF_INET) {
    made->ai_addrlen = sizeof(struct sockaddr_in);
    memcpy(&((struct sockaddr_in *)made->ai_addr)->sin_addr, address, 4);
  } else {
    made->ai_addrlen = sizeof(struct sockaddr_in6);
    memcpy(&((struct sockaddr_in6 *)made->ai_addr)->sin6_addr, address, 16);
  }
  return made;
}

/* The address that a label names, or NULL. */
static struct addrinfo *address_of(const char *label) {
  unsigned char bytes[16];
  unsigned v4[4];
  if (sscanf(label, "a%u-%u-%u-%u", &v4[0], &v4[1], &v4[2], &v4[3]) == 4) {
    for (int at = 0; at < 4; at++) bytes[at] = (unsigned char)v4[at];
    return entry(AF_INET, bytes);
  }
  if (label[0] != 's' || strspn(label + 1, "0123456789abcdef") != 32 || label[33]) return NULL;
  for (int at = 0; at < 16; at++) {
    unsigned byte = 0;
    sscanf(label + 1 + 2 * at, "%2x", &byte);
    bytes[at] = (unsigned char)byte;
  }
  return entry(AF_INET6, bytes);
}

/* Does what the labels define. */
static int play(const char *name, struct addrinfo **found) {
  char labels[NAME_BYTES], *rest = NULL;
  struct addrinfo **last = found;
  int was_known = is_known(name);
  snprintf(labels, sizeof labels, "%.*s", (int)(strlen(name) - strlen(SUFFIX)), name);
  *found = NULL;
  for (char *label = strtok_r(labels, ".", &rest); label; label = strtok_r(NULL, ".", &rest)) {
    struct addrinfo *address = address_of(label);
    if (address) {
      *last = address;
      last = &address->ai_next;
    } else if (strncmp(label, "slow", 4) == 0) {
      pause_ms(atol(label + 4));
    } else if (strncmp(label, "hung", 4) == 0) {
      wait_for_file(label);
    } else if (strcmp(label, "fail") == 0) {
      return EAI_NONAME;
    } else if (strcmp(label, "again") == 0 || (strcmp(label, "flaky") == 0 && !was_known)) {
      return EAI_AGAIN;
    }
  }
  return *found ? 0 : EAI_NONAME;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
  size_t length = name ? strlen(name) : 0, suffix = strlen(SUFFIX);
  if (length <= suffix || length >= NAME_BYTES || strcmp(name + length - suffix, SUFFIX) != 0) {
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(name, service, hints, found);
  }
  note("begin %s\n", name);
  int code = play(name, found);
  note("end %s\n", name);
  if (code != 0) {
    freeaddrinfo(*found);
    *found = NULL;
  }
  return code;
}

/* The system's entries are made in one piece too. */
void freeaddrinfo(struct addrinfo *found) {
  while (found) {
    struct addrinfo *next = found->ai_next;
    free(found->ai_canonname);
    free(found);
    found = next;
  }
}

static int is_at_home(const struct sockaddr *address, char *shown) {
  if (address->sa_family == AF_INET) {
    struct in_addr v4 = ((const struct sockaddr_in *)address)->sin_addr;
    inet_ntop(AF_INET, &v4, shown, INET6_ADDRSTRLEN);
    return ntohl(v4.s_addr) >> 24 == 127;
  }
  if (address->sa_family == AF_INET6) {
    struct in6_addr v6 = ((const struct sockaddr_in6 *)address)->sin6_addr;
    inet_ntop(AF_INET6, &v6, shown, INET6_ADDRSTRLEN);
    return IN6_IS_ADDR_LOOPBACK(&v6);
  }
  return 1;
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
  char shown[INET6_ADDRSTRLEN] = "";
  int (*next)(int, const struct sockaddr *, socklen_t);
  if (!is_at_home(address, shown)) {
    note("stray %s\n", shown);
    errno = ENETUNREACH;
    return -1;
  }
  *(void **)&next = dlsym(RTLD_NEXT, "connect");
  return next(socket, address, length);
}
