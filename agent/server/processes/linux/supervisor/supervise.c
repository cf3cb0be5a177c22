/* Runs a command and exits only when no descendant of it is left: the exit of this program is the proof.

   supervise <"terminal" or "pipes"> <"report" or ""> <cgroup directory or ""> <directory> <program> [argument ...]

   Descriptor 3 is the control pipe, a socket to the server. Written to it: "pid N", then "exit CODE" or "signal N" of
   the command; or "fail ERRNO" when the program could not be started. As soon as the other end is closed, or anything
   can be read from it, all descendants are killed. With "report", the command has descriptor 4 too. supervise.ts is the same in TypeScript, for machines without a C
   compiler. */
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

enum { CONTROL_PIPE = 3, REPORT = 4, MAX_PASSES = 1000 };

static int has_terminal, has_report;
static const char *cgroup;
static pid_t command;

static pid_t start(const char *directory, char **argv);
static int reap(void);
static void sweep(int signals);
static void leave(void);

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  has_terminal = strcmp(argv[1], "terminal") == 0;
  has_report = strcmp(argv[2], "report") == 0;
  cgroup = argv[3];

  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL); /* signals to its process group are not meant for it */
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  fcntl(CONTROL_PIPE, F_SETFD, FD_CLOEXEC);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || signals < 0) return 2;
  prctl(PR_SET_PDEATHSIG, SIGCONT); /* while stopped, it could not react to the server's death */

  command = start(argv[4], argv + 5);
  if (command < 0) {
    dprintf(CONTROL_PIPE, "fail %d\n", errno);
    return 0;
  }
  dprintf(CONTROL_PIPE, "pid %d\n", command);

  struct pollfd events[] = {{CONTROL_PIPE, POLLIN, 0}, {signals, POLLIN, 0}};
  while (reap()) {
    poll(events, 2, -1);
    if (events[0].revents) sweep(signals);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) > 0) continue;
  }
  leave();
}

/* An empty cgroup can be removed, and if the server is dead only this process still does. */
static void leave(void) {
  if (*cgroup) rmdir(cgroup);
  exit(0);
}

/* Forks directly into the cgroup: the child is at no time outside it. */
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

/* Returns the command's pid, or -1 with errno. A successful exec closes the error pipe; otherwise errno comes through it. */
static pid_t start(const char *directory, char **argv) {
  int error_pipe[2];
  if (pipe2(error_pipe, O_CLOEXEC) != 0) return -1;
  if (has_terminal) ioctl(STDIN_FILENO, TIOCNOTTY); /* the command takes it over */
  pid_t pid = fork_into_cgroup();
  if (pid == 0) {
    become(directory, argv);
    int error = errno;
    if (write(error_pipe[1], &error, sizeof error) < 0) _exit(126);
    _exit(127);
  }
  if (pid < 0) return -1;
  /* The output must end with the command's last process, and not with this one. */
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int descriptor = 0; descriptor < 3; descriptor++) dup2(null, descriptor);
  if (has_report) close(REPORT);
  close(error_pipe[1]);
  int error;
  int has_failed = read(error_pipe[0], &error, sizeof error) == sizeof error;
  close(error_pipe[0]);
  if (!has_failed) return pid;
  waitpid(pid, NULL, 0);
  errno = error;
  return -1;
}

/* Reaps dead children. False when no child is left, living or dead. */
static int reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != command) continue;
    command = -1; /* its pid may be reused from now on */
    if (WIFEXITED(status)) dprintf(CONTROL_PIPE, "exit %d\n", WEXITSTATUS(status));
    else dprintf(CONTROL_PIPE, "signal %d\n", WTERMSIG(status));
  }
  return pid == 0;
}

/* This process and its descendants, parents first. */
static pid_t *tree;
static size_t tree_size, tree_capacity;

static void add(pid_t pid) {
  if (tree_size == tree_capacity) {
    tree_capacity = tree_capacity ? 2 * tree_capacity : 1024;
    tree = realloc(tree, tree_capacity * sizeof *tree);
    if (tree == NULL) abort();
  }
  tree[tree_size++] = pid;
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
      kill(child, signal_number); /* at once: a chain of processes that fork and exit is nearly as fast as this walk */
      add(child);
    }
    fclose(children);
  }
  closedir(tasks);
}

static unsigned char *seen; /* one bit per pid */
enum { MAX_PIDS = 1 << 22 };

/* Sends the signal to all descendants; returns how many of them no pass of this sweep had seen before. */
static size_t signal_all(int signal_number) {
  size_t unseen = 0;
  tree_size = 0;
  add(getpid());
  for (size_t i = 0; i < tree_size; i++) add_children(tree[i], signal_number);
  for (size_t i = 1; i < tree_size; i++) {
    pid_t pid = tree[i];
    unseen += !(seen[pid / 8] >> pid % 8 & 1);
    seen[pid / 8] |= (unsigned char)(1 << pid % 8);
  }
  return unseen;
}

/* Stops all descendants until no new one appears, so that none can react to the death of another; then kills them; and
   repeats until none is left. One that it may not kill keeps this process running. */
static void sweep(int signals) {
  seen = calloc(MAX_PIDS / 8, 1); /* costs only the pages that are touched */
  if (seen == NULL) abort();
  int wait_ms = 1;
  do {
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.kill", cgroup);
    int kill_file = *cgroup ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    for (int passes = 0; signal_all(SIGSTOP) > 0 && passes < MAX_PASSES; passes++) continue;
    if (kill_file >= 0) {
      if (write(kill_file, "1", 1) < 0) cgroup = "";
      close(kill_file);
    }
    signal_all(SIGKILL);
    struct pollfd deaths = {signals, POLLIN, 0};
    poll(&deaths, 1, wait_ms);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) > 0) continue;
    if (wait_ms < 100) wait_ms *= 2;
  } while (reap());
  leave();
}
