/* System calls by which a command may try to leave its sandbox. `escape TRY [argument ...]` exits 0 when it succeeded. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int trace(pid_t pid) {
  if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) return 0;
  ptrace(PTRACE_DETACH, pid, 0, 0);
  return 1;
}

/* Any readable page of another process. */
static int read_memory(pid_t pid) {
  char path[64], line[256], byte;
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "r");
  unsigned long start = 0;
  while (maps && fgets(line, sizeof line, maps))
    if (sscanf(line, "%lx-%*x r", &start) == 1) {
      struct iovec here = {&byte, 1}, there = {(void *)start, 1};
      if (process_vm_readv(pid, &here, 1, &there, 1, 0) == 1) return 1;
    }
  return 0;
}

static int connect_to(const char *path, int is_abstract) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path + is_abstract, path, sizeof address.sun_path - 2);
  socklen_t length = offsetof(struct sockaddr_un, sun_path) + is_abstract + strlen(path);
  int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  return connect(descriptor, (struct sockaddr *)&address, length) == 0;
}

static int has_socket(int family, int type, int protocol) {
  return socket(family, type, protocol) >= 0;
}

static int enter(const char *path) {
  int descriptor = open(path, O_RDONLY);
  return descriptor >= 0 && setns(descriptor, 0) == 0;
}

static int new_user_namespace_by_clone(void) {
  long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  return pid > 0;
}

static int new_user_namespace_by_clone3(void) {
  struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) _exit(0);
  return pid > 0;
}

static int open_by_handle(const char *path) {
  struct file_handle *handle = malloc(sizeof *handle + MAX_HANDLE_SZ);
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount_id, directory = open("/", O_RDONLY);
  if (name_to_handle_at(AT_FDCWD, path, handle, &mount_id, 0) != 0) return 0;
  return open_by_handle_at(directory, handle, O_RDONLY) >= 0;
}

static int use_keyring(void) {
  long key = syscall(SYS_add_key, "user", "rein-escape", "x", 1L, (long)KEY_SPEC_SESSION_KEYRING);
  if (key < 0) return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1) > 0;
  syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_SESSION_KEYRING);
  return 1;
}

/* In a terminal of its own, so that no other input is changed. */
static int type_into_terminal(unsigned long request) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  grantpt(master);
  unlockpt(master);
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    int terminal = open(ptsname(master), O_RDWR);
    ioctl(terminal, TIOCSCTTY, 0);
    _exit(ioctl(terminal, request, "x") != 0);
  }
  int status;
  waitpid(pid, &status, 0);
  return status == 0;
}

/* The second set of system calls of a 64-bit Intel kernel: its getpid. */
static int old_system_calls(void) {
#ifdef __x86_64__
  long result = 20;
  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return result == getpid();
#else
  return 0;
#endif
}

/* Whether the kernel looks at the arguments of a call, which are all wrong. */
static int reaches(long number) {
  return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || (errno != EPERM && errno != ENOSYS);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const char *try = argv[1], *argument = argc > 2 ? argv[2] : "";
  int number = atoi(argument);
#define TRY(name, expression) \
  if (strcmp(try, name) == 0) return !(expression)
  TRY("ptrace", trace(number));
  TRY("process_vm_readv", read_memory(number));
  TRY("unix", connect_to(argument, 0));
  TRY("abstract", connect_to(argument, 1));
  TRY("packet", has_socket(AF_PACKET, SOCK_RAW, 0));
  TRY("vsock", has_socket(AF_VSOCK, SOCK_STREAM, 0));
  TRY("alg", has_socket(AF_ALG, SOCK_SEQPACKET, 0));
  TRY("netlink", has_socket(AF_NETLINK, SOCK_RAW, 15));
  TRY("setns", enter(argument));
  TRY("clone", new_user_namespace_by_clone());
  TRY("clone3", new_user_namespace_by_clone3());
  TRY("unshare", unshare(CLONE_NEWUSER) == 0);
  TRY("handle", open_by_handle(argument));
  TRY("keyring", use_keyring());
  TRY("TIOCSTI", type_into_terminal(TIOCSTI));
  TRY("int80", old_system_calls());
  TRY("setuid", setuid(65533) == 0);
  TRY("mount", mount("none", argument, "tmpfs", 0, NULL) == 0);
  TRY("bind", mount(argument, "/mnt", NULL, MS_BIND, NULL) == 0);
  TRY("remount", mount(NULL, argument, NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
  TRY("umount", umount2(argument, MNT_DETACH) == 0);
  TRY("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0);
  TRY("fsopen", syscall(SYS_fsopen, "tmpfs", 0) >= 0);
  TRY("mount_setattr", reaches(SYS_mount_setattr));
  TRY("pivot_root", reaches(SYS_pivot_root));
  TRY("chroot", chroot("/") == 0);
  TRY("bpf", reaches(SYS_bpf));
  TRY("perf_event_open", reaches(SYS_perf_event_open));
  TRY("userfaultfd", reaches(SYS_userfaultfd));
  TRY("io_uring_setup", reaches(SYS_io_uring_setup));
  TRY("finit_module", reaches(SYS_finit_module));
  TRY("request_key", reaches(SYS_request_key));
  TRY("syslog", syscall(SYS_syslog, 10, NULL, 0) >= 0);
  return 2;
}
