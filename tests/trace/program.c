// What the tests of the trace run under the library: each thing that a program can do, by its name.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// Ends with a message where something is not as it should be.
#define must(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: %s (errno %d)\n", __LINE__, #condition, errno);                                  \
            exit(99);                                                                                                  \
        }                                                                                                              \
    } while (0)

// Reads a file, whose name the trace must have.
static void read_file(const char *path) {
    int fd = open(path, O_RDONLY);
    must(fd >= 0);
    close(fd);
}

static int wait_for(pid_t child) {
    int status;
    must(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *reader[] = {"cat", "input", NULL};

static void *read_many(void *number) {
    char path[32];
    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "absent-%d-%d", (int)(long)number, i);
        must(open(path, O_RDONLY) == -1 && errno == ENOENT);
    }
    return NULL;
}

#if defined __GLIBC__ && !defined STATIC
// What glibc before 2.33 had in place of stat.
extern int old_stat(int version, const char *path, struct stat *buffer);
#ifdef __x86_64__
#define OLD_STAT "__xstat@GLIBC_2.2.5"
#define OLD_STAT_VERSION 1
#else
#define OLD_STAT "__xstat@GLIBC_2.17"
#define OLD_STAT_VERSION 0
#endif
__asm__(".symver old_stat, " OLD_STAT);
#endif

static int run(const char *what) {
    if (!strcmp(what, "read")) {
        read_file("input");
    } else if (!strcmp(what, "spawn")) {
        pid_t child;
        must(posix_spawn(&child, "/bin/cat", NULL, NULL, reader, environ) == 0);
        must(wait_for(child) == 0);
        must(posix_spawnp(&child, "cat", NULL, NULL, reader, environ) == 0);
        must(wait_for(child) == 0);
        must(posix_spawnp(&child, "no-such-program", NULL, NULL, reader, environ) == ENOENT);
    } else if (!strcmp(what, "vfork")) {
        for (int i = 0; i < 3; i++) {
            volatile int kept = 42;
            pid_t child = vfork();
            if (child == 0) {
                execvp("cat", reader);
                _exit(1);
            }
            must(child > 0 && kept == 42 && wait_for(child) == 0);
        }
    } else if (!strcmp(what, "fork")) {
        pid_t child = fork();
        if (child == 0) {
            execlp("cat", "cat", "input", NULL);
            _exit(1);
        }
        must(wait_for(child) == 0);
    } else if (!strcmp(what, "lists")) {
        // More arguments than there are registers, and an environment behind them.
        char *environment[] = {"ONLY=this", NULL};
        pid_t child = fork();
        if (child == 0) {
            execle("/bin/sh", "sh", "-c", "test \"$*\" = '3 4 5 6 7 8 9 10' && exec env", "2", "3", "4", "5", "6", "7",
                   "8", "9", "10", NULL, environment);
            _exit(1);
        }
        must(wait_for(child) == 0);
        child = fork();
        if (child == 0) {
            execl("/bin/cat", "cat", "input", NULL);
            _exit(1);
        }
        must(wait_for(child) == 0);
    } else if (!strcmp(what, "empty-environment")) {
        char *environment[] = {NULL};
        execve("/usr/bin/env", (char *[]){"env", NULL}, environment);
        return 1;
    } else if (!strcmp(what, "many-variables")) {
        static char names[3000][16];
        static char *environment[3001];
        for (int i = 0; i < 3000; i++) {
            snprintf(names[i], sizeof names[i], "V%d=%d", i, i);
            environment[i] = names[i];
        }
        execve("/usr/bin/env", (char *[]){"env", NULL}, environment);
        return 1;
    } else if (!strcmp(what, "exec-fails")) {
        must(execl("./absent", "absent", NULL) == -1 && errno == ENOENT);
        must(execvp("no-such-program", reader) == -1 && errno == ENOENT);
        must(execv("input", reader) == -1 && errno == EACCES);
    } else if (!strcmp(what, "closes-all")) {
        for (int fd = 3; fd < 1024; fd++) {
            close(fd);
        }
        int fd = open("input", O_RDONLY);
        must(fd == 3);
        execv("/bin/cat", reader);
        return 1;
    } else if (!strcmp(what, "threads")) {
        pthread_t threads[8];
        for (long i = 0; i < 8; i++) {
            must(pthread_create(&threads[i], NULL, read_many, (void *)i) == 0);
        }
        for (int i = 0; i < 50; i++) {
            pid_t child = fork();
            if (child == 0) {
                char path[32];
                snprintf(path, sizeof path, "child-%d", i);
                _exit(open(path, O_RDONLY) == -1 ? 0 : 1);
            }
            must(wait_for(child) == 0);
        }
        for (int i = 0; i < 8; i++) {
            pthread_join(threads[i], NULL);
        }
    } else if (!strcmp(what, "killed")) {
        read_file("input");
        kill(getpid(), SIGKILL);
    } else if (!strcmp(what, "writes")) {
        int fd = open("new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        struct stat status;
        must(fd >= 0 && fstat(fd, &status) == 0 && (status.st_mode & 0777) == 0600);
        close(open("new", O_WRONLY | O_APPEND));
        close(open("input", O_RDWR));
        FILE *file = fopen("stream", "w");
        fclose(file);
        must(mkdir("directory", 0700) == 0);
        must(mkdir("directory", 0700) == -1 && errno == EEXIST);
        must(rename("new", "directory/renamed") == 0);
        must(symlink("directory/renamed", "link") == 0);
        must(link("input", "second") == 0);
        char temporary[] = "temporary-XXXXXX";
        must((fd = mkstemp(temporary)) >= 0);
        must(unlink(temporary) == 0);
        char target[4];
        must(readlink("link", target, sizeof target) == 4 && !memcmp(target, "dire", 4));
        char *whole = realpath("link", NULL);
        must(whole && strstr(whole, "/directory/renamed"));
        free(whole);
        DIR *directory = opendir("directory");
        must(directory && readdir(directory));
        closedir(directory);
        must(access("link", R_OK) == 0);
        int at = open(".", O_RDONLY | O_DIRECTORY);
        must(openat(at, "stream", O_RDONLY) >= 0);
        must(unlinkat(at, "stream", 0) == 0);
    } else if (!strcmp(what, "system-calls")) {
        must(syscall(SYS_openat, AT_FDCWD, "input", O_RDONLY) >= 0);
        must(syscall(SYS_openat, AT_FDCWD, "absent", O_RDONLY) == -1 && errno == ENOENT);
        must(syscall(SYS_getpid) == getpid());
        void *place = (void *)syscall(SYS_mmap, NULL, 4096L, (long)(PROT_READ | PROT_WRITE),
                                      (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L);
        must(place != MAP_FAILED);
        *(volatile char *)place = 1;
#if defined __GLIBC__ && !defined STATIC
    } else if (!strcmp(what, "old-stat")) {
        struct stat status;
        must(old_stat(OLD_STAT_VERSION, "input", &status) == 0 && S_ISREG(status.st_mode));
        must(old_stat(OLD_STAT_VERSION, "absent", &status) == -1 && errno == ENOENT);
#endif
    } else if (!strcmp(what, "bad-pointer")) {
        must(open((char *)1, O_RDONLY) == -1 && errno == EFAULT);
        must(access(NULL, F_OK) == -1 && errno == EFAULT);
    } else if (!strcmp(what, "system")) {
        must(system("cat input") == 0);
    } else if (!strcmp(what, "descriptor")) {
        int fd = open("input", O_RDONLY);
        char path[32];
        snprintf(path, sizeof path, "/dev/fd/%d", fd);
        read_file(path);
    } else if (!strcmp(what, "clocks")) {
        struct timespec by_clock, by_base;
        struct timeval by_day;
        time_t before = time(NULL), after;
        must(clock_gettime(CLOCK_REALTIME, &by_clock) == 0);
        must(gettimeofday(&by_day, NULL) == 0);
        must(timespec_get(&by_base, TIME_UTC) == TIME_UTC);
        must(before > 1500000000 && time(&after) >= before);
        must(by_clock.tv_sec >= before && by_day.tv_sec >= before && by_base.tv_sec >= before);
        must(by_clock.tv_sec <= after + 1 && by_day.tv_sec <= after + 1 && by_base.tv_sec <= after + 1);
        must(by_day.tv_usec < 1000000);
        must(syscall(SYS_clock_gettime, CLOCK_REALTIME, &by_clock) == 0);
    } else if (!strcmp(what, "machine")) {
        struct utsname name;
        struct rlimit limit;
        char host[100];
        cpu_set_t processors;
        must(uname(&name) == 0 && gethostname(host, sizeof host) == 0 && !strcmp(name.nodename, host));
        must(sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) > 0);
        must(sysconf(_SC_NPROCESSORS_ONLN) > 0 && sysconf(_SC_PAGESIZE) > 0);
        must(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 2);
        must(getrlimit(-1, &limit) == -1 && errno == EINVAL);
    } else if (!strcmp(what, "stopwatch")) {
        must(sysconf(_SC_PAGESIZE) > 0);
        struct timespec now;
        must(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
        must(clock_gettime(-1, &now) == -1 && errno == EINVAL);
    } else if (!strcmp(what, "socket")) {
        struct sockaddr_un address = {AF_UNIX, "socket"};
        must(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address) == 0);
    } else if (!strcmp(what, "network")) {
        struct sockaddr_in address = {AF_INET, htons(9), {htonl(INADDR_LOOPBACK)}};
        must(connect(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&address, sizeof address) == 0);
    } else if (!strcmp(what, "link-out")) {
        unlink("link-out");
        must(symlink("../elsewhere", "link-out") == 0);
    } else if (!strcmp(what, "process-environment")) {
        read_file("/proc/self/environ");
    } else if (!strcmp(what, "loads")) {
        must(dlopen(getenv("LIBRARY"), RTLD_NOW));
    } else {
        return 2;
    }
    return 0;
}

int main(int count, char **arguments) {
    int result = 0;
    for (int i = 1; i < count && result == 0; i++) {
        result = run(arguments[i]);
    }
    return result;
}
