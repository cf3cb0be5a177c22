/* What an adversary does that neither a shell nor perl can: `tricks NAME COOKIE` prints "ready", and sleeps for 300 s. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SECONDS = 300, THREADS = 200, WIDTH = 400, DEPTH = 200, BYTES = 150000000 };

static void say_ready(void) {
  if (write(1, "ready\n", 6) < 0) _exit(1);
}

static void *nap(void *unused) {
  sleep(SECONDS);
  _exit(0);
  return unused;
}

static void *nap_ready(void *unused) {
  say_ready();
  return nap(unused);
}

/* Its children are in the list of this thread, not of the first one. */
static void *fork_children(void *unused) {
  for (int n = 0; n < 3; n++)
    if (fork() == 0) {
      setsid();
      nap(NULL);
    }
  return nap_ready(unused);
}

static void start(void *(*body)(void *)) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  if (pthread_create(&thread, &attributes, body, NULL) != 0) _exit(1);
}

static int in_shared_memory(void *unused) {
  setsid();
  nap_ready(unused);
  return 0;
}

/* The parent exits; the child goes on in what was its memory. */
static void share_memory(void) {
  char *stack = malloc(256 * 1024);
  if (clone(in_shared_memory, stack + 256 * 1024, CLONE_VM | SIGCHLD, NULL) < 0) _exit(1);
  syscall(SYS_exit_group, 0);
}

/* The parent cannot go on before the child has exited. */
static void wait_in_vfork(void) {
  if (vfork() == 0) nap_ready(NULL);
  nap(NULL);
}

static void fork_wide(int is_exiting) {
  for (int n = 0; n < WIDTH; n++)
    if (fork() == 0) is_exiting ? _exit(0) : (void)nap(NULL);
}

static void fork_deep(void) {
  for (int n = 0; n < DEPTH; n++)
    if (fork() != 0) nap(NULL);
}

static void fill_memory(void) {
  mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}

int main(int argc, char **argv) {
  if (argc < 2) nap_ready(NULL); /* the kernel gives one without arguments an empty name */
  const char *name = argv[1];
  if (strcmp(name, "no-arguments") == 0) {
    execve("/proc/self/exe", NULL, NULL);
    _exit(1);
  }
  if (strcmp(name, "thread-children") == 0) {
    start(fork_children);
    nap(NULL);
  }
  if (strcmp(name, "dead-leader") == 0) {
    start(nap_ready);
    syscall(SYS_exit, 0); /* this thread only */
  }
  if (strcmp(name, "shared-memory") == 0) share_memory();
  if (strcmp(name, "vfork") == 0) wait_in_vfork();
  if (strcmp(name, "threads") == 0)
    for (int n = 0; n < THREADS; n++) start(nap);
  if (strcmp(name, "wide") == 0) fork_wide(0);
  if (strcmp(name, "zombies") == 0) fork_wide(1);
  if (strcmp(name, "deep") == 0) fork_deep();
  if (strcmp(name, "memory") == 0) fill_memory();
  nap_ready(NULL);
}
