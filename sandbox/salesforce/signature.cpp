#include "sandbox/salesforce/signature.h"

#include "http/tls/pointer.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace koppla::sandbox {
namespace {

using http::tls::BioPointer;
using http::tls::CertificatePointer;
using http::tls::KeyPointer;
using http::tls::Release;
using DigestPointer = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

Error failed(std::string_view what) {
    return error(ErrorKind::invalid, std::string{what} + ": " + http::tls::last_failure());
}

BioPointer reader(std::string_view text) {
    return BioPointer{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Nobody sits at a terminal to be asked.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Result<KeyPointer> read_public(std::string_view pem) {
    ERR_clear_error();
    const auto text = reader(pem);
    KeyPointer key;
    if (pem.find("BEGIN CERTIFICATE") != std::string_view::npos) {
        const CertificatePointer certificate{PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr)};
        if (certificate) key.reset(X509_get_pubkey(certificate.get()));
    } else {
        key.reset(PEM_read_bio_PUBKEY(text.get(), nullptr, no_passphrase, nullptr));
    }
    if (!key) return failed("it is neither a certificate nor a public key in PEM");
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return failed("its key is not RSA");
    return key;
}

Result<KeyPointer> read_private(std::string_view pem) {
    ERR_clear_error();
    const auto text = reader(pem);
    KeyPointer key{PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr)};
    if (!key) return failed("it is no private key in PEM");
    return key;
}

Result<std::string> written(const BioPointer& memory) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    if (size <= 0) return failed("the key can't be written");
    return std::string{data, static_cast<std::size_t>(size)};
}

}  // namespace

Result<void> verify_rs256(std::string_view key_pem, std::string_view text, std::string_view signature) {
    const auto key = TRY(read_public(key_pem));
    const DigestPointer digest{EVP_MD_CTX_new()};
    const bool is_valid =
        digest && EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestVerify(digest.get(), octets(signature), signature.size(), octets(text), text.size()) == 1;
    ERR_clear_error();
    if (!is_valid) return error(ErrorKind::invalid, "the signature is not the key's");
    return {};
}

std::string sha256(std::string_view bytes) {
    std::string hash(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), octets(hash), &size, EVP_sha256(), nullptr);
    hash.resize(size);
    return hash;
}

Result<std::string> public_key_of(std::string_view private_key_pem) {
    const auto key = TRY(read_private(private_key_pem));
    const BioPointer memory{BIO_new(BIO_s_mem())};
    if (PEM_write_bio_PUBKEY(memory.get(), key.get()) != 1) return failed("the public key can't be written");
    return written(memory);
}

Result<std::string> sign_rs256(std::string_view private_key_pem, std::string_view text) {
    const auto key = TRY(read_private(private_key_pem));
    const DigestPointer digest{EVP_MD_CTX_new()};
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
    auto size = signature.size();
    if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
        EVP_DigestSign(digest.get(), octets(signature), &size, octets(text), text.size()) != 1)
        return failed("the key can't sign");
    signature.resize(size);
    return signature;
}

}  // namespace koppla::sandbox
