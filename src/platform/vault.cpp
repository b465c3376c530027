#include "platform/vault.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

namespace koppla {

namespace {

constexpr std::size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t key_id_digits = 8;
/// A sealed value: this, the key's id, the nonce, the text with its tag.
constexpr char format_mark = 1;
constexpr std::size_t head_bytes = 1 + key_id_digits + nonce_bytes;

/// A file's descriptor, closed with it.
class File final {
  public:
    explicit File(int descriptor) : descriptor_{descriptor} {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

  private:
    int descriptor_;
};

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::string id_of(const Secret& key) {
    constexpr std::string_view purpose = "koppla key id";
    std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
    crypto_generichash(hash.data(), hash.size(), octets(purpose), purpose.size(), octets(key.reveal()),
                       key_bytes);
    std::string id;
    for (std::size_t i = 0; i < key_id_digits / 2; ++i) id += fmt::format("{:02x}", hash[i]);
    return id;
}

std::string bound_context(std::string_view context, std::string_view key_id) {
    return fmt::format("koppla/{}/{}/{}", static_cast<int>(format_mark), key_id, context);
}

/// The file's mode tells whether others may read it. systemd keeps credentials apart by other means.
Result<void> check_mode(const KeySource& source, int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        return error(ErrorKind::corrupt, fmt::format("the sealing key {} is no file", source.path.string()));
    }
    if (source.origin == KeySource::Origin::credential || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return {};
    return error(
        ErrorKind::denied,
        fmt::format("the sealing key {0} may be read by others (mode {1:04o}); close it with: chmod 600 {0}",
                    source.path.string(), status.st_mode & 07777U));
}

Result<Secret> read_key(const KeySource& source) {
    const std::string path = source.path.string();
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0 && errno == ENOENT) {
        return error(
            ErrorKind::not_found,
            fmt::format("the sealing key {} is not there; put it back from where you keep it, or name it "
                        "with KOPPLA_KEY_FILE. Without it the accounts' secrets can't be read and have to "
                        "be entered again",
                        path));
    }
    if (file.get() < 0) {
        return error(ErrorKind::denied,
                     fmt::format("reading the sealing key {}: {}", path, std::strerror(errno)));
    }
    TRY(check_mode(source, file.get()));
    std::array<char, key_bytes * 2 + 2> text{};
    const ssize_t size = ::read(file.get(), text.data(), text.size());
    std::string key(key_bytes, '\0');
    std::size_t written = 0;
    const char* end = nullptr;
    const bool is_hex =
        size >= static_cast<ssize_t>(key_bytes * 2) &&
        sodium_hex2bin(octets(key), key_bytes, text.data(), key_bytes * 2, nullptr, &written, &end) == 0 &&
        written == key_bytes;
    const bool ends_there = size == static_cast<ssize_t>(key_bytes * 2) ||
                            (size == static_cast<ssize_t>(key_bytes * 2 + 1) && text[key_bytes * 2] == '\n');
    sodium_memzero(text.data(), text.size());
    Secret result{std::move(key)};
    if (!is_hex || !ends_there) {
        return error(
            ErrorKind::corrupt,
            fmt::format("{} holds no sealing key: {} hexadecimal digits are wanted", path, key_bytes * 2));
    }
    return result;
}

/// The user's folder of settings may not have a part for us yet.
Result<void> make_folder(const KeySource& source) {
    if (source.origin != KeySource::Origin::config_folder) return {};
    if (source.path.is_relative()) {
        return error(
            ErrorKind::invalid,
            "there is no folder of settings to keep the sealing key in (HOME is not set); name a file for it "
            "with KOPPLA_KEY_FILE");
    }
    std::error_code failed;
    const auto folder = source.path.parent_path();
    if (std::filesystem::create_directories(folder, failed))
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    if (!failed) return {};
    return error(ErrorKind::denied, fmt::format("making the folder {} for the sealing key: {}",
                                                folder.string(), failed.message()));
}

Result<void> write_key(const KeySource& source, const Secret& key) {
    TRY(make_folder(source));
    const std::string path = source.path.string();
    const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.get() < 0 && errno == EEXIST) {
        return error(
            ErrorKind::conflict,
            fmt::format("there is a sealing key already: {}; move it away if its store is gone, or use it by "
                        "naming it with KOPPLA_KEY_FILE",
                        path));
    }
    if (file.get() < 0) {
        return error(ErrorKind::denied,
                     fmt::format("making the sealing key {}: {}", path, std::strerror(errno)));
    }
    std::array<char, key_bytes * 2 + 1> text{};
    sodium_bin2hex(text.data(), text.size(), octets(key.reveal()), key_bytes);
    text.back() = '\n';
    const bool is_written =
        ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file.get()) == 0;
    const int number = errno;
    sodium_memzero(text.data(), text.size());
    if (is_written) return {};
    ::unlink(path.c_str());
    return error(ErrorKind::unavailable,
                 fmt::format("writing the sealing key {}: {}", path, std::strerror(number)));
}

Result<void> start_sodium() {
    if (sodium_init() >= 0) return {};
    return error(ErrorKind::unsupported,
                 "libsodium can't be used: the system has no source of random numbers");
}

}  // namespace

KeySource find_key(const KeySource& own, const StoreEnvironment& environment) {
    std::error_code ignored;
    const auto credential = environment.credentials_directory / "koppla-key";
    if (!environment.credentials_directory.empty() && std::filesystem::exists(credential, ignored)) {
        return {.origin = KeySource::Origin::credential, .path = credential};
    }
    if (!environment.key_file.empty()) {
        return {.origin = KeySource::Origin::named_file, .path = environment.key_file};
    }
    return own;
}

Vault::Vault(KeySource source, Secret key)
    : source_{std::move(source)}, key_{std::move(key)}, key_id_{id_of(key_)} {}

Result<Vault> Vault::open(const KeySource& source) {
    TRY(start_sodium());
    auto key = TRY(read_key(source));
    return Vault{source, std::move(key)};
}

Result<Vault> Vault::create(const KeySource& source) {
    TRY(start_sodium());
    if (source.origin == KeySource::Origin::credential) {
        return error(ErrorKind::invalid,
                     fmt::format("{} is a credential that systemd hands over; it isn't made here",
                                 source.path.string()));
    }
    std::string bytes(key_bytes, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    Secret key{bytes};
    sodium_memzero(bytes.data(), bytes.size());
    TRY(write_key(source, key));
    return Vault{source, std::move(key)};
}

Result<Vault> Vault::copied_to(const KeySource& source) const {
    TRY(write_key(source, key_));
    return Vault{source, key_};
}

std::string Vault::seal(std::string_view context, const Secret& secret) const {
    const std::string bound = bound_context(context, key_id_);
    const std::string& text = secret.reveal();
    std::string sealed(head_bytes + text.size() + tag_bytes, '\0');
    sealed[0] = format_mark;
    sealed.replace(1, key_id_digits, key_id_);
    unsigned char* const nonce = octets(sealed) + 1 + key_id_digits;
    randombytes_buf(nonce, nonce_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(octets(sealed) + head_bytes, nullptr, octets(text),
                                               text.size(), octets(bound), bound.size(), nullptr, nonce,
                                               octets(key_.reveal()));
    return sealed;
}

std::array<char, 64> Vault::keyed_hash(std::string_view text) const {
    // A key of its own: what seals secrets hashes nothing.
    constexpr std::string_view purpose = "koppla hash of values";
    std::array<unsigned char, crypto_generichash_KEYBYTES> key{};
    crypto_generichash(key.data(), key.size(), octets(purpose), purpose.size(), octets(key_.reveal()),
                       key_bytes);
    std::array<unsigned char, 32> hash{};
    crypto_generichash(hash.data(), hash.size(), octets(text), text.size(), key.data(), key.size());
    sodium_memzero(key.data(), key.size());
    std::array<char, 2 * hash.size() + 1> digits{};
    sodium_bin2hex(digits.data(), digits.size(), hash.data(), hash.size());
    std::array<char, 64> result{};
    std::copy_n(digits.begin(), result.size(), result.begin());
    return result;
}

Result<Secret> Vault::unseal(std::string_view context, std::string_view sealed) const {
    const auto damaged = [&] {
        return error(
            ErrorKind::corrupt,
            fmt::format("the sealed value of {} is damaged or was put there from elsewhere; enter the "
                        "secret again",
                        context));
    };
    if (sealed.size() < head_bytes + tag_bytes || sealed[0] != format_mark) return damaged();
    const std::string_view sealed_by = sealed.substr(1, key_id_digits);
    if (sealed_by != key_id_) {
        return error(
            ErrorKind::denied,
            fmt::format("the sealing key in {} is not the one that {} was sealed with (key id {}, the value "
                        "wants {})",
                        source_.path.string(), context, key_id_, sealed_by));
    }
    const std::string bound = bound_context(context, key_id_);
    const std::string_view nonce = sealed.substr(1 + key_id_digits, nonce_bytes);
    const std::string_view body = sealed.substr(head_bytes);
    std::string text(body.size() - tag_bytes, '\0');
    const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
        octets(text), nullptr, nullptr, octets(body), body.size(), octets(bound), bound.size(), octets(nonce),
        octets(key_.reveal()));
    Secret secret{text};
    sodium_memzero(text.data(), text.size());
    if (opened != 0) return damaged();
    return secret;
}

}  // namespace koppla
