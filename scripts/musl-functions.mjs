/**
 * The functions of musl that native modules call, and `stderr`. musl has no versions of symbols by which a floor could
 * be checked, so each name is here. All of them are in musl 1.2.3, the version of Alpine 3.17, on which the first
 * Alpine image of Node.js 20 was based. If `npm run prebuilds` refuses another name, find out which version of musl
 * first has it, and add it.
 */
export const MUSL = new Set(
  `
    __errno_location __tls_get_addr __xpg_strerror_r abort bcmp calloc chmod clock_gettime close closedir dirfd
    dl_iterate_phdr dladdr dlclose dlerror dlopen dlsym fchmod fchown fcntl fflush fprintf free fstat fwrite
    getauxval getcwd getenv geteuid getpid getppid linkat lseek lstat madvise malloc memcmp memcpy memmove memset
    mkdir mmap munmap nanosleep open opendir pause posix_fallocate posix_memalign pread pthread_attr_destroy
    pthread_attr_init pthread_attr_setstacksize pthread_create pthread_detach pthread_key_create pthread_key_delete
    pthread_mutex_consistent pthread_mutex_destroy pthread_mutex_init pthread_mutex_trylock pthread_mutex_unlock
    pthread_mutexattr_destroy pthread_mutexattr_init pthread_mutexattr_setpshared pthread_mutexattr_setrobust
    pthread_rwlock_rdlock pthread_rwlock_unlock pthread_rwlock_wrlock pthread_self pthread_setname_np
    pthread_setspecific pwrite read readdir readlink realloc realpath rename rmdir sched_yield snprintf stat statfs
    stderr strlen syscall sysconf unlink write writev
  `
    .trim()
    .split(/\s+/),
);
