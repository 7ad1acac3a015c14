/*
 * zig's libunwind for POWER calls these functions of glibc 2.32 for its messages, whatever glibc it is linked for, and a
 * system with an older glibc would refuse to load the native module. Their older namesakes do the same with all formats
 * but those of long double, and libunwind has none of these.
 */
#include <stdarg.h>
#include <stddef.h>

int vfprintf(void *stream, const char *format, va_list values);
int vsnprintf(char *text, size_t size, const char *format, va_list values);

__attribute__((visibility("hidden"))) int __fprintfieee128(void *stream, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int written = vfprintf(stream, format, values);
  va_end(values);
  return written;
}

__attribute__((visibility("hidden"))) int __snprintfieee128(char *text, size_t size, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int written = vsnprintf(text, size, format, values);
  va_end(values);
  return written;
}
