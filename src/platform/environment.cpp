#include "platform/environment.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace koppla {

namespace {

constexpr std::size_t password_bytes_max = 1024;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

enum class Readers { owner_alone, whoever_was_given_it };

/// The first line of a file.
Result<Secret> read_password(const std::filesystem::path& path, Readers readers) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return error(
            errno == ENOENT ? ErrorKind::not_found : ErrorKind::denied,
            fmt::format("reading the store's password from {}: {}", path.string(), std::strerror(errno)));
    }
    struct stat status {};
    const bool is_open_to_others = ::fstat(file, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    std::array<char, password_bytes_max> text{};
    const ssize_t size = ::read(file, text.data(), text.size());
    ::close(file);
    if (is_open_to_others && readers == Readers::owner_alone) {
        return error(
            ErrorKind::denied,
            fmt::format("the store's password in {0} may be read by others; close it with: chmod 600 {0}",
                        path.string()));
    }
    const std::string_view all{text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    std::string line{all.substr(0, all.find_first_of("\r\n"))};
    explicit_bzero(text.data(), text.size());
    if (line.empty()) return error(ErrorKind::invalid, fmt::format("{} holds no password", path.string()));
    return Secret{std::move(line)};
}

}  // namespace

StoreEnvironment StoreEnvironment::current() {
    const std::string home = variable("HOME");
    std::filesystem::path config = variable("XDG_CONFIG_HOME");
    if (config.empty() && !home.empty()) config = std::filesystem::path{home} / ".config";
    return {.credentials_directory = variable("CREDENTIALS_DIRECTORY"),
            .key_file = variable("KOPPLA_KEY_FILE"),
            .config_folder = std::move(config),
            .password_file = variable("KOPPLA_STORE_PASSWORD_FILE"),
            .password = Secret{variable("KOPPLA_STORE_PASSWORD")}};
}

Result<Secret> store_password(const StoreEnvironment& environment) {
    if (!environment.password_file.empty())
        return read_password(environment.password_file, Readers::owner_alone);
    const auto credential = environment.credentials_directory / "koppla-store-password";
    std::error_code ignored;
    if (!environment.credentials_directory.empty() && std::filesystem::exists(credential, ignored))
        return read_password(credential, Readers::whoever_was_given_it);
    return environment.password;
}

}  // namespace koppla
