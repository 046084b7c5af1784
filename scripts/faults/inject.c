// Makes one call of a process fail: a library that is loaded before libc (LD_PRELOAD) and stands in for its calls that
// change files. It counts, for each kind of call and each file below a folder, and at the chosen count injects a fault.
//
//   CANOPY_FAULT_ROOT    the folder; calls on anything else go through uncounted
//   CANOPY_FAULT_TRACE   a file outside of it, to which a line is added for each call: "<kind> <file> <count>", and for
//                        the one that was made to fail "! <kind> <file> <count> <fault>"
//   CANOPY_FAULT_POINT   <kind>:<file>:<count>:<fault>; without it all calls go through, traced
//
//   kind    write (write, pwrite, writev), sync (fsync, fdatasync), open, create (open that may make the file), rename,
//           truncate, link, unlink, mkdir
//   file    the path below the folder; digits, and 8 or more hexadecimal digits, read as "#", so that a file is called
//           the same in every run
//   fault   EIO, ENOSPC, EINTR: the call fails once and does nothing; short: half of the bytes are written;
//           KILL: SIGKILL before the call; torn: half of the bytes are written, then SIGKILL;
//           full: from this call on all that takes space fails with ENOSPC; dead: from this call on all fail with EIO
//
// What calls reach the system without passing here, strace would tell: the peers' test holds both lists against each other.
// Counts are for each file and not for the process, because threads interleave as they like, and each file is written by
// one of them at a time.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 2048
#define MOST_NAME 512

enum { NONE, SHORT, TORN };

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static char root[4096];
static size_t root_length;
static int trace = -1;
static char wanted_kind[32], wanted_file[MOST_NAME], wanted_fault[16];
static long wanted_count = -1;
static int lasting; // errno of a fault that lasts, once it has begun
static struct { char kind[16]; char file[MOST_NAME]; long count; } counts[MOST_FILES];
static int known;

static void say(const char *text, int length) {
  if (trace >= 0) syscall(SYS_write, trace, text, (size_t)length);
}

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("CANOPY_FAULT_ROOT"), *to = getenv("CANOPY_FAULT_TRACE"), *point = getenv("CANOPY_FAULT_POINT");
  if (folder == NULL || to == NULL) return;
  snprintf(root, sizeof root, "%s/", folder);
  root_length = strlen(root);
  trace = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (point == NULL) return;
  if (sscanf(point, "%31[^:]:%511[^:]:%ld:%15s", wanted_kind, wanted_file, &wanted_count, wanted_fault) != 4) abort();
}

static int is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

// The name of a path below the folder; 0 for any other path.
static int name_of(const char *path, char *name) {
  if (root_length == 0 || strncmp(path, root, root_length) != 0) return 0;
  const char *from = path + root_length;
  size_t length = strlen(from), at = 0, to = 0;
  const char *gone = " (deleted)";
  if (length > strlen(gone) && strcmp(from + length - strlen(gone), gone) == 0) length -= strlen(gone);
  while (at < length && to < MOST_NAME - 2) {
    size_t digits = 0, hex = 0;
    while (at + hex < length && is_hex(from[at + hex])) hex++;
    while (at + digits < length && is_digit(from[at + digits])) digits++;
    size_t run = hex >= 8 ? hex : digits;
    name[to++] = run > 0 ? '#' : from[at];
    at += run > 0 ? run : 1;
  }
  name[to] = 0;
  return 1;
}

static int name_of_fd(int fd, char *name) {
  if (root_length == 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return name_of(path, name);
}

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

// What is to become of a call: 0 and a way of cutting it, or the errno it fails with.
static int judge(const char *kind, const char *name, int takes_space, int *cut) {
  char line[MOST_NAME + 128];
  *cut = NONE;
  pthread_mutex_lock(&guard);
  int at = 0;
  while (at < known && (strcmp(counts[at].kind, kind) != 0 || strcmp(counts[at].file, name) != 0)) at++;
  if (at == known) {
    if (known == MOST_FILES) abort();
    snprintf(counts[at].kind, sizeof counts[at].kind, "%s", kind);
    snprintf(counts[at].file, sizeof counts[at].file, "%s", name);
    known++;
  }
  long count = ++counts[at].count;
  int length = snprintf(line, sizeof line, "%s %s %ld\n", kind, name, count);
  say(line, length);
  int hit = count == wanted_count && strcmp(kind, wanted_kind) == 0 && strcmp(name, wanted_file) == 0;
  if (hit) {
    length = snprintf(line, sizeof line, "! %s %s %ld %s\n", kind, name, count, wanted_fault);
    say(line, length);
  }
  int error = 0;
  if (hit && strcmp(wanted_fault, "KILL") == 0) die();
  else if (hit && strcmp(wanted_fault, "EIO") == 0) error = EIO;
  else if (hit && strcmp(wanted_fault, "ENOSPC") == 0) error = ENOSPC;
  else if (hit && strcmp(wanted_fault, "EINTR") == 0) error = EINTR;
  else if (hit && strcmp(wanted_fault, "short") == 0) *cut = SHORT;
  else if (hit && strcmp(wanted_fault, "torn") == 0) *cut = TORN;
  else if (hit && strcmp(wanted_fault, "full") == 0) lasting = ENOSPC;
  else if (hit && strcmp(wanted_fault, "dead") == 0) lasting = EIO;
  else if (hit) abort();
  if (lasting == EIO || (lasting == ENOSPC && takes_space)) error = lasting;
  pthread_mutex_unlock(&guard);
  return error;
}

static int judge_fd(const char *kind, int fd, int takes_space, int *cut) {
  char name[MOST_NAME];
  int kept = errno;
  *cut = NONE;
  int error = name_of_fd(fd, name) ? judge(kind, name, takes_space, cut) : 0;
  errno = kept;
  return error;
}

static int judge_path(const char *kind, const char *path, int takes_space) {
  char name[MOST_NAME];
  int cut;
  return name_of(path, name) ? judge(kind, name, takes_space, &cut) : 0;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define FAIL(error) do { errno = (error); return -1; } while (0)

// A call on a path of ours is told by its path, others go on.
#define BY_PATH(type, name, kind, space, given, path, ...) \
  type name given { \
    REAL(name); \
    int error = judge_path(kind, path, space); \
    if (error != 0) FAIL(error); \
    return real(__VA_ARGS__); \
  }
#define BY_FD(type, name, kind, space, given, fd, ...) \
  type name given { \
    REAL(name); \
    int cut, error = judge_fd(kind, fd, space, &cut); \
    if (error != 0) FAIL(error); \
    return real(__VA_ARGS__); \
  }

static size_t part(size_t size, int cut) { return cut == NONE || size < 2 ? size : size / 2; }

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write);
  int cut, error = judge_fd("write", fd, 1, &cut);
  if (error != 0) FAIL(error);
  ssize_t done = real(fd, bytes, part(size, cut));
  if (cut == TORN) die();
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  REAL(pwrite64);
  int cut, error = judge_fd("write", fd, 1, &cut);
  if (error != 0) FAIL(error);
  ssize_t done = real(fd, bytes, part(size, cut), at);
  if (cut == TORN) die();
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  int cut, error = judge_fd("write", fd, 1, &cut);
  if (error != 0) FAIL(error);
  if (cut == NONE || count == 0) return real(fd, parts, count);
  struct iovec first = {parts[0].iov_base, part(parts[0].iov_len, cut)};
  ssize_t done = real(fd, &first, 1);
  if (cut == TORN) die();
  return done;
}

BY_FD(int, fsync, "sync", 0, (int fd), fd, fd)
BY_FD(int, fdatasync, "sync", 0, (int fd), fd, fd)
BY_FD(int, ftruncate64, "truncate", 0, (int fd, off64_t size), fd, fd, size)
BY_FD(int, ftruncate, "truncate", 0, (int fd, off_t size), fd, fd, size)
BY_PATH(int, truncate, "truncate", 0, (const char *path, off_t size), path, path, size)
BY_PATH(int, rename, "rename", 0, (const char *from, const char *to), to, from, to)
BY_PATH(int, link, "link", 1, (const char *from, const char *to), to, from, to)
BY_PATH(int, symlink, "link", 1, (const char *from, const char *to), to, from, to)
BY_PATH(int, unlink, "unlink", 0, (const char *path), path, path)
BY_PATH(int, unlinkat, "unlink", 0, (int folder, const char *path, int flags), path, folder, path, flags)
BY_PATH(int, rmdir, "unlink", 0, (const char *path), path, path)
BY_PATH(int, remove, "unlink", 0, (const char *path), path, path)
BY_PATH(int, mkdir, "mkdir", 1, (const char *path, mode_t mode), path, path, mode)

// These open a folder from within libc.
DIR *opendir(const char *path) {
  REAL(opendir);
  int error = judge_path("open", path, 0);
  if (error != 0) { errno = error; return NULL; }
  return real(path);
}

BY_PATH(int, scandir, "open", 0, (const char *path, struct dirent ***list, int (*filter)(const struct dirent *), int (*order)(const struct dirent **, const struct dirent **)), path, path, list, filter, order)
BY_PATH(int, scandir64, "open", 0, (const char *path, struct dirent64 ***list, int (*filter)(const struct dirent64 *), int (*order)(const struct dirent64 **, const struct dirent64 **)), path, path, list, filter, order)

#define OPEN(name, given, path, ...) \
  int name given { \
    REAL(name); \
    mode_t mode = 0; \
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) { \
      va_list more; \
      va_start(more, flags); \
      mode = va_arg(more, mode_t); \
      va_end(more); \
    } \
    int makes = (flags & O_CREAT) != 0; \
    int error = judge_path(makes ? "create" : "open", path, makes); \
    if (error != 0) FAIL(error); \
    return real(__VA_ARGS__, mode); \
  }
OPEN(open, (const char *path, int flags, ...), path, path, flags)
OPEN(open64, (const char *path, int flags, ...), path, path, flags)
OPEN(openat, (int folder, const char *path, int flags, ...), path, folder, path, flags)
OPEN(openat64, (int folder, const char *path, int flags, ...), path, folder, path, flags)
