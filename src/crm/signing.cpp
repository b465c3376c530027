#include "crm/signing.h"

#include "http/tls/pointer.h"

#include <array>

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

namespace koppla {

namespace {

using http::tls::BioPointer;
using http::tls::KeyPointer;
using http::tls::Release;

constexpr int key_bits_min = 2048;

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

Result<void> check_strength(const EVP_PKEY& key) {
    if (EVP_PKEY_get_base_id(&key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(&key) >= key_bits_min) return {};
    return error(ErrorKind::invalid,
                 fmt::format("it has to be an RSA key of {} bits or more, and is {} of {} bits", key_bits_min,
                             EVP_PKEY_get0_type_name(&key), EVP_PKEY_get_bits(&key)));
}

Result<KeyPointer> read_key(const Secret& key_pem) {
    ERR_clear_error();
    const std::string& text = key_pem.reveal();
    const BioPointer source{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    KeyPointer key{PEM_read_bio_PrivateKey(source.get(), nullptr, http::tls::no_passphrase, nullptr)};
    ERR_clear_error();
    if (!key) {
        return error(ErrorKind::invalid,
                     "it holds no private key in PEM, or one with a passphrase, which is to be taken off: "
                     "openssl pkey -in FILE -out key.pem");
    }
    TRY(check_strength(*key));
    return key;
}

/// A key in DER, written as PEM.
Result<Secret> from_der(const Secret& der) {
    ERR_clear_error();
    const unsigned char* at = octets(der.reveal());
    const KeyPointer key{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.reveal().size()))};
    ERR_clear_error();
    if (!key) {
        return error(ErrorKind::invalid,
                     "it is neither PEM nor base64 of a private key (PKCS #8 or #1) without a passphrase; "
                     "make one: openssl pkey -in FILE -out key.pem");
    }
    const BioPointer memory{BIO_new(BIO_s_secmem())};
    char* data = nullptr;
    if (PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return error(ErrorKind::invalid, fmt::format("it can't be written: {}", http::tls::last_failure()));
    const auto size = BIO_get_mem_data(memory.get(), &data);
    return Secret{std::string{data, static_cast<std::size_t>(size)}};
}

constexpr int salt_bytes = 32;

bool begin_signing(EVP_MD_CTX* context, EVP_PKEY* key, Signature signature) {
    EVP_PKEY_CTX* parameters = nullptr;
    if (EVP_DigestSignInit(context, &parameters, EVP_sha256(), nullptr, key) != 1) return false;
    return signature == Signature::rs256 ||
           (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt_bytes) == 1);
}

}  // namespace

std::string base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) text += base64_digits[(bits >> (count - 6)) & 63U];
    }
    if (count > 0) text += base64_digits[(bits << (6 - count)) & 63U];
    return text;
}

std::string base64(std::string_view bytes) {
    std::string text = base64url(bytes);
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    bool has_ended = false;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        if (c == '=') {
            has_ended = true;
            continue;
        }
        const char digit = c == '+' ? '-' : c == '/' ? '_' : c;
        const auto value = base64_digits.find(digit);
        if (has_ended || value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> count) & 0xffU);
    }
    // A last digit alone stands for no byte.
    if (count >= 6) return std::nullopt;
    return bytes;
}

std::string sha256(std::string_view bytes) {
    std::string digest(static_cast<std::size_t>(EVP_MD_get_size(EVP_sha256())), '\0');
    EVP_Digest(bytes.data(), bytes.size(), octets(digest), nullptr, EVP_sha256(), nullptr);
    return digest;
}

Result<std::string> random_text(std::size_t bytes) {
    std::string random(bytes, '\0');
    if (RAND_bytes(octets(random), static_cast<int>(bytes)) != 1) {
        return error(ErrorKind::unsupported,
                     fmt::format("the system gives no random numbers: {}", http::tls::last_failure()));
    }
    return base64url(random);
}

Result<void> check_signing_key(const Secret& key_pem) {
    TRY(read_key(key_pem));
    return {};
}

Result<Secret> signing_key_in_pem(const Secret& key) {
    const auto is_pem = [](const Secret& text) {
        return text.reveal().find("-----BEGIN") != std::string::npos;
    };
    Secret pem = key;
    if (!is_pem(pem)) {
        auto bytes = from_base64(key.reveal());
        if (!bytes || bytes->empty()) {
            return error(
                ErrorKind::invalid,
                "it is neither PEM nor base64 of a key; make one: openssl pkey -in FILE -out key.pem");
        }
        pem = Secret{std::move(*bytes)};
        if (!is_pem(pem)) pem = TRY(from_der(pem));
    }
    TRY(read_key(pem));
    return pem;
}

Result<Secret> signed_token(std::string_view claims, const Secret& key_pem) {
    return signed_token(R"({"alg":"RS256","typ":"JWT"})", claims, Signature::rs256, key_pem);
}

Result<Secret> signed_token(std::string_view header, std::string_view claims, Signature signature,
                            const Secret& key_pem) {
    const KeyPointer key = TRY(read_key(key_pem));
    const std::string text = base64url(header) + "." + base64url(claims);
    const std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
    std::string bytes(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
    std::size_t size = bytes.size();
    if (!context || !begin_signing(context.get(), key.get(), signature) ||
        EVP_DigestSign(context.get(), octets(bytes), &size, octets(text), text.size()) != 1) {
        return error(ErrorKind::invalid,
                     fmt::format("signing with the private key failed: {}", http::tls::last_failure()));
    }
    return Secret{text + "." + base64url(std::string_view{bytes}.substr(0, size))};
}

}  // namespace koppla
