/* late LIBRARY...: loads libraries that Go made while the program runs, and calls each of them. */
#include <dlfcn.h>
#include <stdio.h>

typedef char *(*Ask)(void);

int main(int argc, char **argv) {
  for (int at = 1; at < argc; at++) {
    void *library = dlopen(argv[at], RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL) {
      printf("%s\n", dlerror());
      return 1;
    }
    Ask ask;
    *(void **)&ask = dlsym(library, "Ask");
    printf("%s\n", ask == NULL ? "no Ask" : ask());
  }
  return 0;
}
