/* What the shim and Rust's standard library for glibc hand to the C library, as its headers have it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TYPE(type) printf(#type " %zu %zu\n", sizeof(type), _Alignof(type))
#define FIELD(type, field) printf(#type "." #field " %zu %zu\n", offsetof(type, field), sizeof(((type *)0)->field))
#define NUMBER(name) printf(#name " %lld\n", (long long)(name))

int main(void) {
    typedef struct stat stat_;
    TYPE(stat_);
    FIELD(stat_, st_dev);
    FIELD(stat_, st_ino);
    FIELD(stat_, st_nlink);
    FIELD(stat_, st_mode);
    FIELD(stat_, st_uid);
    FIELD(stat_, st_gid);
    FIELD(stat_, st_rdev);
    FIELD(stat_, st_size);
    FIELD(stat_, st_blksize);
    FIELD(stat_, st_blocks);
    FIELD(stat_, st_atim);
    FIELD(stat_, st_mtim);
    FIELD(stat_, st_ctim);

    typedef struct dirent dirent_;
    FIELD(dirent_, d_ino);
    FIELD(dirent_, d_off);
    FIELD(dirent_, d_reclen);
    FIELD(dirent_, d_type);
    FIELD(dirent_, d_name);

    typedef struct sigaction sigaction_;
    TYPE(sigaction_);
    TYPE(sigset_t);
    FIELD(sigaction_, sa_sigaction);
    FIELD(sigaction_, sa_mask);
    FIELD(sigaction_, sa_flags);
    TYPE(stack_t);
    FIELD(stack_t, ss_sp);
    FIELD(stack_t, ss_flags);
    FIELD(stack_t, ss_size);
    TYPE(siginfo_t);
    FIELD(siginfo_t, si_signo);
    FIELD(siginfo_t, si_code);
    FIELD(siginfo_t, si_addr);
    FIELD(siginfo_t, si_pid);
    FIELD(siginfo_t, si_status);
    NUMBER(SA_ONSTACK);
    NUMBER(SA_RESTART);
    NUMBER(SA_SIGINFO);
    NUMBER(SIGRTMAX);
    NUMBER(SIG_SETMASK);

    typedef struct timespec timespec_;
    TYPE(timespec_);
    FIELD(timespec_, tv_nsec);
    typedef struct pollfd pollfd_;
    TYPE(pollfd_);
    typedef struct rlimit rlimit_;
    TYPE(rlimit_);
    TYPE(pthread_t);
    TYPE(pthread_key_t);
    TYPE(pthread_mutex_t);
    printf("PTHREAD_MUTEX_INITIALIZER %d\n", ((int *)&(pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER)[0]);
    typedef struct sockaddr_un sockaddr_un_;
    TYPE(sockaddr_un_);
    typedef struct dl_phdr_info phdrs;
    TYPE(phdrs);
    FIELD(phdrs, dlpi_addr);
    FIELD(phdrs, dlpi_phdr);
    FIELD(phdrs, dlpi_phnum);

    NUMBER(_SC_PAGESIZE);
    NUMBER(_SC_NPROCESSORS_ONLN);
    NUMBER(_SC_OPEN_MAX);
    NUMBER(_SC_ARG_MAX);
    NUMBER(_SC_GETPW_R_SIZE_MAX);
    NUMBER(PTHREAD_CREATE_DETACHED);
    NUMBER(O_CLOEXEC);
    NUMBER(O_DIRECTORY);
    NUMBER(O_NOFOLLOW);
    NUMBER(AT_FDCWD);
    NUMBER(AT_SYMLINK_NOFOLLOW);
    NUMBER(MAP_ANONYMOUS);
    NUMBER(MAP_STACK);
    NUMBER(CLOCK_MONOTONIC);
    NUMBER(EAGAIN);
    NUMBER(ENOTEMPTY);
    NUMBER(WNOHANG);
    NUMBER(P_PIDFD);
    NUMBER(SOCK_CLOEXEC);
    NUMBER(MSG_NOSIGNAL);
    return 0;
}
