/* Runs a command and exits only when no descendant of it is left. The proof is the report "done" after the last wait,
   together with this exit: neither alone is enough for the server, which also looks itself (see supervisor-end.ts).

   supervise <"guarded" or ""> <"terminal" or "pipes"> <"report" or ""> <cgroup directory or ""> <directory> <program>
   [argument ...]

   Descriptor 3 is the control pipe, a socket to the server. Written to it: "pid N", then "exit CODE" or "signal N" of
   the command, then "done"; or "fail ERRNO" when the program could not be started. As soon as the other end is closed, or
   anything can be read from it, all descendants are killed. With "report", the command has descriptor 4 too. "guarded":
   processes of the same user can neither trace this process nor take its descriptors. They can still stop it, kill it and
   lower its limits, so a sweep needs nothing that it does not have from its start. supervise.ts is the same in TypeScript,
   for machines without a C compiler. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL_PIPE = 3, REPORT = 4, MAX_PASSES = 1000, MAX_PIDS = 1 << 22 };

static int has_terminal, has_report;
static const char *cgroup;
static pid_t command;

/* Open from the start: later the limit may be too low. epoll has no such limit, as poll has. */
static int signals, events, own_children, kill_file = -1;

/* For the kernel's choice of what to kill when memory is short: guarded, this process could not open it any more. */
static int oom_score = -1;
static struct rlimit first_limits[RLIM_NLIMITS];

static pid_t start(const char *directory, char **argv);
static int reap(void);
static void sweep(void);
static void leave(void);
static int open_children(pid_t pid, const char *thread);
static void watch(int descriptor);
static void wait_for_events(int wait_ms);

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  oom_score = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (strcmp(argv[1], "guarded") == 0) prctl(PR_SET_DUMPABLE, 0);
  has_terminal = strcmp(argv[2], "terminal") == 0;
  has_report = strcmp(argv[3], "report") == 0;
  cgroup = argv[4];

  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL); /* signals to its process group are not meant for it */
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  fcntl(CONTROL_PIPE, F_SETFD, FD_CLOEXEC);
  signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  events = epoll_create1(EPOLL_CLOEXEC);
  char thread[16];
  snprintf(thread, sizeof thread, "%d", getpid());
  own_children = open_children(getpid(), thread);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || signals < 0 || events < 0 || own_children < 0) return 2;
  watch(CONTROL_PIPE);
  watch(signals);
  if (*cgroup) {
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.kill", cgroup);
    kill_file = open(path, O_WRONLY | O_CLOEXEC);
  }
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) getrlimit(resource, &first_limits[resource]);
  prctl(PR_SET_PDEATHSIG, SIGCONT); /* while stopped, it could not react to the server's death */

  command = start(argv[5], argv + 6);
  if (command < 0) {
    dprintf(CONTROL_PIPE, "fail %d\n", errno);
    return 0;
  }
  dprintf(CONTROL_PIPE, "pid %d\n", command);
  while (reap()) wait_for_events(-1);
  leave();
}

static void watch(int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event);
}

/* Returns when a child may have died, after wait_ms at the latest; sweeps when the control pipe says so. */
static void wait_for_events(int wait_ms) {
  struct epoll_event event;
  if (epoll_wait(events, &event, 1, wait_ms) <= 0) return;
  if (event.data.fd == CONTROL_PIPE) sweep();
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) > 0) continue;
}

/* No child is left, living or dead. The server reads in the cgroup which limits were reached, and removes it; if the server
   is dead, only this process still can. */
static void leave(void) {
  if (dprintf(CONTROL_PIPE, "done\n") < 0 && *cgroup) rmdir(cgroup);
  exit(0);
}

/* The command is to be killed rather than the server or this process: its score is raised before the fork, so that it is
   at no time without, and this process takes its own back. Raising is allowed to every user, and so is going back. */
enum { JOB_OOM_RAISE = 500, MAX_OOM_SCORE = 1000 };

static void write_oom_score(int score) {
  char text[16];
  int size = snprintf(text, sizeof text, "%d", score);
  if (oom_score >= 0 && pwrite(oom_score, text, (size_t)size, 0) < 0) return; /* the job runs all the same */
}

static int read_oom_score(void) {
  char text[16] = "0";
  if (oom_score >= 0 && pread(oom_score, text, sizeof text - 1, 0) < 0) return 0;
  return atoi(text);
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
  int own_score = read_oom_score();
  write_oom_score(own_score + JOB_OOM_RAISE < MAX_OOM_SCORE ? own_score + JOB_OOM_RAISE : MAX_OOM_SCORE);
  pid_t pid = fork_into_cgroup();
  if (pid != 0) write_oom_score(own_score);
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

/* This process and its descendants, parents first. Never touched, the pages of these arrays cost nothing. */
static pid_t tree[MAX_PIDS];
static size_t tree_size;
static unsigned char seen[MAX_PIDS / 8]; /* one bit per pid */
static char listed[1 << 16];

static int open_children(pid_t pid, const char *thread) {
  char path[128];
  snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", pid, thread);
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* Sends the signal to the children in this file, and adds them. What has no room is found once others are dead. */
static void add_children(int file, int signal_number) {
  size_t size = 0;
  ssize_t count;
  while ((count = pread(file, listed + size, sizeof listed - 1 - size, (off_t)size)) > 0) size += (size_t)count;
  listed[size] = '\0';
  char *end = listed;
  for (char *next; tree_size < MAX_PIDS; end = next) {
    pid_t child = (pid_t)strtol(end, &next, 10);
    if (next == end || *next != ' ') return; /* the last one may have been cut */
    kill(child, signal_number); /* at once: a chain of processes that fork and exit is nearly as fast as this walk */
    tree[tree_size++] = child;
  }
}

/* Each thread has a list of the children that it started. */
static void add_children_of(pid_t pid, int signal_number) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (threads == NULL) return; /* where nothing can be opened any more, they are its own children once their parents are dead */
  struct dirent *thread;
  while ((thread = readdir(threads)) != NULL) {
    if (*thread->d_name == '.') continue;
    int children = open_children(pid, thread->d_name);
    if (children < 0) continue;
    add_children(children, signal_number);
    close(children);
  }
  closedir(threads);
}

/* Sends the signal to all descendants; returns how many of them no pass of this sweep had seen before. */
static size_t signal_all(int signal_number) {
  size_t unseen = 0;
  tree_size = 0;
  add_children(own_children, signal_number);
  for (size_t i = 0; i < tree_size; i++) add_children_of(tree[i], signal_number);
  for (size_t i = 0; i < tree_size; i++) {
    pid_t pid = tree[i];
    unseen += !(seen[pid / 8] >> pid % 8 & 1);
    seen[pid / 8] |= (unsigned char)(1 << pid % 8);
  }
  return unseen;
}

/* The job may have lowered its limits (prlimit): without root, no further than to what it has left as the upper one. */
static void raise_limits(void) {
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
    struct rlimit limit = first_limits[resource];
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(resource, &limit) == 0 || getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(resource, &limit);
  }
}

/* Stops all descendants until no new one appears, so that none can react to the death of another; then kills them; and
   repeats until none is left. One that it may not kill keeps this process running. */
static void sweep(void) {
  epoll_ctl(events, EPOLL_CTL_DEL, CONTROL_PIPE, NULL); /* it stays readable */
  for (int descriptor = 0; descriptor < 3; descriptor++) close(descriptor); /* numbers below any limit, for what a walk opens */
  int wait_ms = 1;
  do {
    raise_limits();
    for (int passes = 0; signal_all(SIGSTOP) > 0 && passes < MAX_PASSES; passes++) continue;
    if (kill_file >= 0 && pwrite(kill_file, "1", 1, 0) < 0) cgroup = "";
    signal_all(SIGKILL);
    wait_for_events(wait_ms);
    if (wait_ms < 100) wait_ms *= 2;
  } while (reap());
  leave();
}
