/* Runs a command and stays until nobody who came from it is left: the exit of this program is the proof.

   supervise <"terminal" or "pipes"> <cgroup directory or ""> <directory> <program> [argument ...]

   Descriptor 3 is the lifeline, a socket to the server. Said on it: "pid N", then "exit CODE" or "signal N" of the
   command; or "fail ERRNO" when the program could not be started. As soon as it is closed at the other end, or anything
   is heard on it, everybody is killed. supervise.ts is the same in TypeScript, for machines without a compiler. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIFELINE = 3, FREEZE_LOOKS = 1000 };

static int has_terminal;
static const char *cgroup;
static pid_t command;

static pid_t start(const char *directory, char **argv);
static int reap(void);
static void sweep(int signals);
static void leave(void);

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  has_terminal = strcmp(argv[1], "terminal") == 0;
  cgroup = argv[2];

  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL); /* what is sent to its group is not meant for it */
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  fcntl(LIFELINE, F_SETFD, FD_CLOEXEC);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || signals < 0) return 2;
  prctl(PR_SET_PDEATHSIG, SIGCONT); /* stopped, it would not hear of the server's death */

  command = start(argv[3], argv + 4);
  if (command < 0) {
    dprintf(LIFELINE, "fail %d\n", errno);
    return 0;
  }
  dprintf(LIFELINE, "pid %d\n", command);

  struct pollfd events[] = {{LIFELINE, POLLIN, 0}, {signals, POLLIN, 0}};
  while (reap()) {
    poll(events, 2, -1);
    if (events[0].revents) sweep(signals);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) > 0) continue;
  }
  leave();
}

/* The system removes a cgroup only when it is empty; if the server is dead, nobody else does it now. */
static void leave(void) {
  if (*cgroup) rmdir(cgroup);
  exit(0);
}

/* A process in a session of its own, born into the cgroup: at no time has it been outside. */
static pid_t fork_into_cgroup(void) {
  if (*cgroup == '\0') return fork();
  int directory = open(cgroup, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
  if (directory < 0) return -1;
  struct clone_args args = {
      .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)directory};
  pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (pid != 0) close(directory);
  return pid;
}

static void become(const char *directory, char **argv) {
  setsid();
  if (has_terminal) ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (chdir(directory) == 0) execvp(argv[0], argv);
}

/* Its pid, or -1 with errno. The error pipe is closed by a successful exec, and says why one was not. */
static pid_t start(const char *directory, char **argv) {
  int error_pipe[2];
  if (pipe2(error_pipe, O_CLOEXEC) != 0) return -1;
  if (has_terminal) ioctl(STDIN_FILENO, TIOCNOTTY); /* it is the command's, not ours */
  pid_t pid = fork_into_cgroup();
  if (pid == 0) {
    become(directory, argv);
    int error = errno;
    if (write(error_pipe[1], &error, sizeof error) < 0) _exit(126);
    _exit(127);
  }
  if (pid < 0) return -1;
  /* The output must end when the command's last process has closed it, and not with us. */
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int descriptor = 0; descriptor < 3; descriptor++) dup2(null, descriptor);
  close(error_pipe[1]);
  int error;
  int has_failed = read(error_pipe[0], &error, sizeof error) == sizeof error;
  close(error_pipe[0]);
  if (!has_failed) return pid;
  waitpid(pid, NULL, 0);
  errno = error;
  return -1;
}

/* Buries the dead. False when no child is left, living or dead. */
static int reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != command) continue;
    command = -1; /* its pid may be another's from now on */
    if (WIFEXITED(status)) dprintf(LIFELINE, "exit %d\n", WEXITSTATUS(status));
    else dprintf(LIFELINE, "signal %d\n", WTERMSIG(status));
  }
  return pid == 0;
}

/* Everybody who came from us, parents first. */
static pid_t *family;
static size_t family_size, family_room;

static void remember(pid_t pid) {
  if (family_size == family_room) {
    family_room = family_room ? 2 * family_room : 1024;
    family = realloc(family, family_room * sizeof *family);
    if (family == NULL) abort();
  }
  family[family_size++] = pid;
}

static void add_children(pid_t pid, int signal_number) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL) return;
  struct dirent *task;
  while ((task = readdir(tasks)) != NULL) {
    if (*task->d_name == '.') continue;
    char children_path[128];
    snprintf(children_path, sizeof children_path, "/proc/%d/task/%.20s/children", pid, task->d_name);
    FILE *children = fopen(children_path, "re");
    if (children == NULL) continue;
    pid_t child;
    while (fscanf(children, "%d", &child) == 1) {
      kill(child, signal_number); /* at once: a chain that forks and exits is nearly as fast as we are */
      remember(child);
    }
    fclose(children);
  }
  closedir(tasks);
}

/* Sends everybody the signal, and says how many there were that no look since the last `forget` has seen. */
static unsigned char *seen; /* a bit for each pid */
enum { MAX_PIDS = 1 << 22 };

static size_t look(int signal_number) {
  size_t fresh = 0;
  family_size = 0;
  remember(getpid());
  for (size_t i = 0; i < family_size; i++) add_children(family[i], signal_number);
  for (size_t i = 1; i < family_size; i++) {
    pid_t pid = family[i];
    fresh += !(seen[pid / 8] >> pid % 8 & 1);
    seen[pid / 8] |= (unsigned char)(1 << pid % 8);
  }
  return fresh;
}

/* Freezes until nobody new appears, so that none can react to another's death; then kills; and again until nobody is
   left. Whom the system does not let us kill keeps us here. */
static void sweep(int signals) {
  seen = calloc(MAX_PIDS / 8, 1); /* costs only the pages that are touched */
  if (seen == NULL) abort();
  int wait_ms = 1;
  do {
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.kill", cgroup);
    int kill_file = *cgroup ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    for (int looks = 0; look(SIGSTOP) > 0 && looks < FREEZE_LOOKS; looks++) continue;
    if (kill_file >= 0) {
      if (write(kill_file, "1", 1) < 0) cgroup = "";
      close(kill_file);
    }
    look(SIGKILL);
    struct pollfd deaths = {signals, POLLIN, 0};
    poll(&deaths, 1, wait_ms);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) > 0) continue;
    if (wait_ms < 100) wait_ms *= 2;
  } while (reap());
  leave();
}
