#include "platform/session_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace koppla {

namespace {

constexpr std::chrono::milliseconds lock_step{20};
constexpr std::size_t session_bytes_max = std::size_t{1} << 20;

Error failure(std::string_view attempted, const std::filesystem::path& path) {
    const ErrorKind kind =
        errno == ENOSPC || errno == EDQUOT || errno == EIO ? ErrorKind::unavailable : ErrorKind::denied;
    return error(kind,
                 fmt::format("{} the session {}: {}; check the disk, and the owner and mode of its folder",
                             attempted, path.string(), std::strerror(errno)));
}

class Descriptor final {
  public:
    explicit Descriptor(int number) : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return number_; }

  private:
    int number_;
};

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// The lock is the open file's, so that it parts threads as well as processes.
class FileHeld final : public SessionRecord::Lock {
  public:
    explicit FileHeld(int descriptor) : descriptor_{descriptor} {}

  private:
    Descriptor descriptor_;
};

/// A name is on the disk when its folder is.
bool sync_folder(const std::filesystem::path& folder) {
    const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return opened.get() >= 0 && ::fsync(opened.get()) == 0;
}

}  // namespace

SessionFile::SessionFile(const Store& store, std::string_view account, std::string_view made_by)
    : vault_{store.vault()},
      context_{session_context(account, made_by)},
      folder_{std::filesystem::absolute(*store.place().file()).string() + "-sessions"},
      path_{folder_ / account} {}

Result<void> SessionFile::make_folder() const {
    if (::mkdir(folder_.c_str(), S_IRWXU) == 0) {
        if (!sync_folder(folder_.parent_path())) return failure("keeping", folder_);
        return {};
    }
    if (errno != EEXIST) return failure("making the folder for", folder_);
    return {};
}

Result<std::unique_ptr<SessionRecord::Lock>> SessionFile::lock(const Clock& clock, const Call& call) const {
    TRY(make_folder());
    const std::string path = path_.string() + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return failure("locking", path);
    auto held = std::make_unique<FileHeld>(descriptor);
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return failure("locking", path);
        if (auto waited = clock.wait(lock_step, call); !waited) {
            return waited.error().with_context(
                "waiting for another koppla that is logging the same account in");
        }
    }
    return std::unique_ptr<Lock>{std::move(held)};
}

Result<std::optional<Secret>> SessionFile::read() const {
    const Descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (file.get() < 0 && errno == ENOENT) return std::optional<Secret>{};
    if (file.get() < 0) return failure("reading", path_);
    std::string sealed(session_bytes_max, '\0');
    std::size_t size = 0;
    while (size < sealed.size()) {
        const ssize_t got = ::read(file.get(), sealed.data() + size, sealed.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure("reading", path_);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    sealed.resize(size);
    // The store's key was checked when it was opened: what it doesn't open is damaged, or of a store before
    // it.
    auto text = vault_.unseal(context_, sealed);
    return text ? std::optional{std::move(*text)} : std::optional<Secret>{};
}

Result<void> SessionFile::write(const Secret& text, const Lock& /*held*/) const {
    const std::string fresh = path_.string() + ".new";
    {
        const Descriptor file{
            ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
        if (file.get() < 0 || !write_all(file.get(), vault_.seal(context_, text)) ||
            ::fsync(file.get()) != 0) {
            return failure("writing", fresh);
        }
    }
    if (::rename(fresh.c_str(), path_.c_str()) != 0 || !sync_folder(folder_))
        return failure("writing", path_);
    return {};
}

Result<void> SessionFile::remove(const Lock& /*held*/) const {
    if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return {};
    return failure("removing", path_);
}

}  // namespace koppla
