#include "sandbox/files.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace koppla::sandbox {
namespace {

Error failed(std::string_view what, const std::filesystem::path& file) {
    return error(ErrorKind::unavailable,
                 std::string{what} + " " + file.string() + ": " + std::generic_category().message(errno));
}

Result<void> write_all(int descriptor, std::string_view text, const std::filesystem::path& file) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("can't write", file);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace

Result<std::optional<std::string>> read_file(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return std::optional<std::string>{};
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return failed("can't read", file);
    return std::optional{std::string{std::istreambuf_iterator<char>{stream}, {}}};
}

Result<void> replace_file(const std::filesystem::path& file, std::string_view text, Readers readers) {
    auto fresh = file;
    fresh += ".new";
    const mode_t mode = readers == Readers::owner ? 0600 : 0644;
    const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (descriptor < 0) return failed("can't make", fresh);
    // A file left over from before keeps its own mode.
    ::fchmod(descriptor, mode);
    const auto written = write_all(descriptor, text, fresh);
    ::close(descriptor);
    TRY(written);
    if (std::rename(fresh.c_str(), file.c_str()) != 0) return failed("can't put in place", file);
    return {};
}

}  // namespace koppla::sandbox
