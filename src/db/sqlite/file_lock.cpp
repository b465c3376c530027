#include "db/sqlite/file_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace koppla::db {

FileLock::~FileLock() {
    ::close(descriptor_);
}

Result<std::unique_ptr<FileLock>> FileLock::take(const std::string& file) {
    // A file that is deleted while it is being locked is tried again.
    while (true) {
        const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (descriptor < 0)
            return error(ErrorKind::denied, fmt::format("making {}: {}", file, std::strerror(errno)));
        std::unique_ptr<FileLock> lock{new FileLock{descriptor}};
        if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
            return error(ErrorKind::conflict,
                         fmt::format("{} is in use: another run does the same; wait until it is done", file));
        }
        struct stat ours {};
        struct stat named {};
        const bool is_same = ::fstat(descriptor, &ours) == 0 && ::stat(file.c_str(), &named) == 0 &&
                             ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
        if (is_same) return lock;
    }
}

}  // namespace koppla::db
