/// Ends the program it is preloaded into with SIGKILL at a chosen moment, or counts the moments there are.
/// Moments are placed by progress: the n-th time that the program
///   download  received bytes from a socket,
///   stage     wrote to a staging file,
///   merge     wrote to the store's write-ahead log,
///   before    was about to write the frame that commits a transaction,
///   after     has written the page of such a frame: committed, and nothing after that has happened.
/// KOPPLA_KILL_AT=stage:17 kills; KOPPLA_FULL_AT=stage:17 lets the disk be full from there on, for the files
/// of that kind of moment; KOPPLA_KILL_COUNT=FILE writes "stage 17" lines when the program ends.
/// [SQLite: file format 4.1, a commit frame has the size of the database in its header]

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr std::array<const char*, 5> names = {"download", "stage", "merge", "before", "after"};
enum Moment { download, stage, merge, before, after };

/// "stage:17", as a variable says it.
struct Place {
    int kind = -1;
    long at = 0;

    explicit Place(const char* variable) {
        const char* text = std::getenv(variable);
        if (text == nullptr) return;
        const std::string_view words{text};
        const auto colon = words.find(':');
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (words.substr(0, colon) == names[i]) kind = static_cast<int>(i);
        }
        at = std::atol(text + colon + 1);
    }
};

struct Plan {
    const Place end{"KOPPLA_KILL_AT"};
    const Place full{"KOPPLA_FULL_AT"};
    std::array<std::atomic<long>, names.size()> seen{};

    ~Plan() {
        const char* file = std::getenv("KOPPLA_KILL_COUNT");
        std::FILE* out = file == nullptr ? nullptr : std::fopen(file, "w");
        if (out == nullptr) return;
        for (std::size_t i = 0; i < names.size(); ++i)
            std::fprintf(out, "%s %ld\n", names[i], seen[i].load());
        std::fclose(out);
    }
    void reach(Moment moment) {
        if (++seen[moment] == end.at && end.kind == moment) ::kill(::getpid(), SIGKILL);
    }
    bool is_full(Moment moment) const { return full.kind == moment && seen[moment] >= full.at; }
};

Plan& plan() {
    static Plan the_plan;
    return the_plan;
}

enum class File { other, staging, log };

File file_of(int descriptor) {
    std::array<char, 64> link{};
    std::array<char, 4096> path{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", descriptor);
    const ssize_t size = ::readlink(link.data(), path.data(), path.size() - 1);
    if (size <= 0) return File::other;
    const std::string_view name{path.data(), static_cast<std::size_t>(size)};
    if (name.find("-staging-") != std::string_view::npos) return File::staging;
    return name.ends_with(".db-wal") ? File::log : File::other;
}

template <class Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_commit_frame(const void* data, size_t size) {
    constexpr size_t frame_header_bytes = 24;
    std::array<unsigned char, 4> pages{};
    if (size != frame_header_bytes) return false;
    std::memcpy(pages.data(), static_cast<const unsigned char*>(data) + 4, pages.size());
    return (pages[0] | pages[1] | pages[2] | pages[3]) != 0;
}

template <class Write>
ssize_t write_watched(int descriptor, const void* data, size_t size, Write&& write) {
    thread_local bool commits = false;
    const File file = file_of(descriptor);
    if (file == File::staging) plan().reach(stage);
    if (file == File::log) plan().reach(merge);
    if ((file == File::staging && plan().is_full(stage)) || (file == File::log && plan().is_full(merge))) {
        errno = ENOSPC;
        return -1;
    }
    const bool is_header = file == File::log && is_commit_frame(data, size);
    if (is_header) plan().reach(before);
    const ssize_t written = write();
    if (file == File::log && commits && !is_header) {
        commits = false;
        plan().reach(after);
    }
    if (is_header) commits = true;
    return written;
}

}  // namespace

extern "C" {

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) {
    static auto* const write = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return write_watched(descriptor, data, size, [&] { return write(descriptor, data, size, offset); });
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
    return pwrite64(descriptor, data, size, offset);
}

ssize_t recv(int descriptor, void* data, size_t size, int flags) {
    static auto* const receive = real<ssize_t(int, void*, size_t, int)>("recv");
    const ssize_t received = receive(descriptor, data, size, flags);
    if (received > 0) plan().reach(download);
    return received;
}

ssize_t read(int descriptor, void* data, size_t size) {
    static auto* const read_file = real<ssize_t(int, void*, size_t)>("read");
    const ssize_t got = read_file(descriptor, data, size);
    struct stat file {};
    if (got > 0 && ::fstat(descriptor, &file) == 0 && S_ISSOCK(file.st_mode)) plan().reach(download);
    return got;
}
}
