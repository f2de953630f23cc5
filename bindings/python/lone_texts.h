/* For Python: takes texts of one delta out of polled events, many with one call. To look at an
 * event is some eight calls into cffi, and where thousands of streams bring a token each, these are
 * a good part of what a token costs. native_build.py puts this file into the extension module.
 */

/* What fits is a token; a longer text costs more than the look at its event. */
#define LONE_BYTES_MAX 64

/* In UTF-8 all other bytes continue a character. */
static uint32_t begins_character(char byte) { return (byte & 0xC0) != 0x80; }

/* Looks at so many events. For each it writes the stream and, where it is TEXT of a single delta,
 * how many bytes and characters that has; else 0 and 0. Copies these texts one behind the other
 * into `text`, which has room for LONE_BYTES_MAX of each event. Returns the bytes of all of them.
 */
static size_t lone_texts(const LlmEvent *events, size_t count, uint64_t *streams, uint32_t *bytes,
                         uint32_t *characters, char *text) {
  size_t length = 0;
  for (size_t at = 0; at < count; at++) {
    const LlmEvent *event = &events[at];
    int is_lone = event->kind == LLM_EVENT_TEXT && event->count == 1 && event->length &&
                  event->length <= LONE_BYTES_MAX && begins_character(event->data[0]);
    streams[at] = event->stream;
    bytes[at] = is_lone ? (uint32_t)event->length : 0;
    characters[at] = 0;
    for (size_t place = 0; place < bytes[at]; place++) {
      text[length++] = event->data[place];
      characters[at] += begins_character(event->data[place]);
    }
  }
  return length;
}
