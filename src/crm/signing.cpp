#include "crm/signing.h"

#include "http/tls/pointer.h"

#include <array>

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

namespace koppla {

namespace {

using http::tls::BioPointer;
using http::tls::KeyPointer;
using http::tls::Release;

constexpr int key_bits_min = 2048;

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
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
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key.get()) < key_bits_min) {
        return error(
            ErrorKind::invalid,
            fmt::format("it has to be an RSA key of {} bits or more, and is {} of {} bits", key_bits_min,
                        EVP_PKEY_get0_type_name(key.get()), EVP_PKEY_get_bits(key.get())));
    }
    return key;
}

}  // namespace

std::string base64url(std::string_view bytes) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) text += digits[(bits >> (count - 6)) & 63U];
    }
    if (count > 0) text += digits[(bits << (6 - count)) & 63U];
    return text;
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

Result<Secret> signed_token(std::string_view claims, const Secret& key_pem) {
    const KeyPointer key = TRY(read_key(key_pem));
    const std::string text = base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(claims);
    const std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
    std::size_t size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), octets(signature), &size, octets(text), text.size()) != 1) {
        return error(ErrorKind::invalid,
                     fmt::format("signing with the private key failed: {}", http::tls::last_failure()));
    }
    return Secret{text + "." + base64url(std::string_view{signature}.substr(0, size))};
}

}  // namespace koppla
