/* Refuses one system call to the native module, and to no other code: to be given in LD_PRELOAD.
 *
 * What is refused stands in a file that is mapped here and written by the test: the call's name, the errno,
 * and how many times. Calls of Node.js itself, and of the C library, go through. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

/* The headers that declare these also declare what is defined below. */
extern char *getenv(const char *);
enum { OFD_GETLK = 36, OFD_SETLK = 37, DUPFD_CLOEXEC = 1030, READ_WRITE = 2, PROT_BOTH = 3, SHARED = 1 };

struct control {
  int error;
  int times;
  int refused;
  char name[52];
};
static volatile struct control *control;

typedef long call(long, long, long, long, long, long);
static call *next(const char *name) { return (call *)dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("MPMETRICS_REFUSE");
  if (path == NULL) return;
  long file = next("open64")((long)path, READ_WRITE, 0, 0, 0, 0);
  void *page = (void *)next("mmap64")(0, sizeof *control, PROT_BOTH, SHARED, file, 0);
  if (page != (void *)-1) control = page;
}

/* Returns whether an object's name is that of a native module. */
static int is_module(const char *name) {
  size_t length = strlen(name);
  return length > 5 && strcmp(name + length - 5, ".node") == 0;
}

struct search {
  size_t address;
  int found;
};

/* Ends the search when an object has the address. */
static int look(struct dl_phdr_info *object, size_t size, void *given) {
  struct search *search = given;
  (void)size;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    size_t offset = search->address - object->dlpi_addr - object->dlpi_phdr[i].p_vaddr;
    if (object->dlpi_phdr[i].p_type != PT_LOAD || offset >= object->dlpi_phdr[i].p_memsz) continue;
    search->found = is_module(object->dlpi_name);
    return 1;
  }
  return 0;
}

/* Does not call dladdr, which would be too slow: it looks at all symbols of an object. The program `node` has many
 * symbols, and V8 reads the clock all the time. */
static int is_native(void *caller) {
  struct search search = { (size_t)caller, 0 };
  dl_iterate_phdr(look, &search);
  return search.found;
}

/* The errno to fail with; 0 to let it through. */
static int refusal(const char *name, void *caller) {
  if (control == NULL || control->times <= 0 || strcmp((const char *)control->name, name) != 0) return 0;
  if (!is_native(caller)) return 0;
  if (__sync_fetch_and_sub(&control->times, 1) <= 0) return 0;
  __sync_fetch_and_add(&control->refused, 1);
  return control->error;
}

#define PARAMETERS long a, long b, long c, long d, long e, long f
#define FORWARD(name)                             \
  static call *real;                              \
  if (real == NULL) real = next(#name);           \
  return real(a, b, c, d, e, f)

/* A call that fails with this value and errno. */
#define FAILS(name, value)                                       \
  long name(PARAMETERS) {                                        \
    int error = refusal(#name, __builtin_return_address(0));     \
    if (error != 0) {                                            \
      errno = error;                                             \
      return value;                                              \
    }                                                            \
    FORWARD(name);                                               \
  }

/* A call that gives the errno back. */
#define ANSWERS(name)                                            \
  long name(PARAMETERS) {                                        \
    int error = refusal(#name, __builtin_return_address(0));     \
    if (error != 0) return error;                                \
    FORWARD(name);                                               \
  }

/* A call that is made, and reports an error nevertheless: close() closes the descriptor even if it fails. */
#define FAILS_DONE(name)                                         \
  long name(PARAMETERS) {                                        \
    int error = refusal(#name, __builtin_return_address(0));     \
    static call *real;                                           \
    if (real == NULL) real = next(#name);                        \
    long done = real(a, b, c, d, e, f);                          \
    if (error == 0) return done;                                 \
    errno = error;                                               \
    return -1;                                                   \
  }

FAILS_DONE(close)
FAILS(chmod, -1)
FAILS(clock_gettime, -1)
FAILS(fchmod, -1)
FAILS(fchown, -1)
FAILS(fdopendir, 0)
FAILS(fstat64, -1)
FAILS(getcwd, 0)
FAILS(getrandom, -1)
FAILS(linkat, -1)
FAILS(lseek64, -1)
FAILS(lstat64, -1)
FAILS(madvise, -1)
FAILS(mkdir, -1)
FAILS(mmap, -1)
FAILS(mmap64, -1)
FAILS(munmap, -1)
FAILS(nanosleep, -1)
FAILS(open64, -1)
FAILS(openat64, -1)
FAILS(opendir, 0)
FAILS(pread64, -1)
FAILS(pwrite64, -1)
FAILS(read, -1)
FAILS(readdir64, 0)
FAILS(readlink, -1)
FAILS(realpath, 0)
FAILS(rename, -1)
FAILS(rmdir, -1)
FAILS(sched_yield, -1)
FAILS(stat64, -1)
FAILS(statfs, -1)
FAILS(statx, -1)
FAILS(sysconf, -1)
FAILS(unlink, -1)
FAILS(unlinkat, -1)
FAILS(write, -1)
FAILS(writev, -1)
ANSWERS(posix_fallocate)
ANSWERS(pthread_create)

long fcntl(PARAMETERS) {
  const char *name = b == OFD_SETLK       ? "fcntl(F_OFD_SETLK)"
                     : b == OFD_GETLK     ? "fcntl(F_OFD_GETLK)"
                     : b == DUPFD_CLOEXEC ? "fcntl(F_DUPFD_CLOEXEC)"
                                          : "fcntl";
  int error = refusal(name, __builtin_return_address(0));
  if (error != 0) {
    errno = error;
    return -1;
  }
  FORWARD(fcntl);
}

long syscall(PARAMETERS) {
  const char *name = a == SYS_futex       ? "syscall(futex)"
                     : a == SYS_renameat2 ? "syscall(renameat2)"
                     : a == SYS_getrandom ? "syscall(getrandom)"
                                          : "syscall";
  int error = refusal(name, __builtin_return_address(0));
  if (error != 0) {
    errno = error;
    return -1;
  }
  FORWARD(syscall);
}
