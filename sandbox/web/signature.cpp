#include "sandbox/web/signature.h"

#include "http/tls/pointer.h"

#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
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

bool has_padding(EVP_PKEY_CTX* context, Scheme scheme) {
    if (scheme == Scheme::rs256) return true;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

std::string digest_of(std::string_view bytes, const EVP_MD* kind) {
    std::string hash(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), octets(hash), &size, kind, nullptr);
    hash.resize(size);
    return hash;
}

Result<std::string> number(const EVP_PKEY& key, const char* name) {
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(&key, name, &found) != 1) return failed("the key has no such number");
    const std::unique_ptr<BIGNUM, Release<BN_free>> owned{found};
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(found)), '\0');
    BN_bn2bin(found, octets(bytes));
    return bytes;
}

}  // namespace

Result<void> verify(Scheme scheme, std::string_view key_pem, std::string_view text,
                    std::string_view signature) {
    const auto key = TRY(read_public(key_pem));
    const DigestPointer digest{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* padding = nullptr;
    const bool is_valid =
        digest && EVP_DigestVerifyInit(digest.get(), &padding, EVP_sha256(), nullptr, key.get()) == 1 &&
        has_padding(padding, scheme) &&
        EVP_DigestVerify(digest.get(), octets(signature), signature.size(), octets(text), text.size()) == 1;
    ERR_clear_error();
    if (!is_valid) return error(ErrorKind::invalid, "the signature is not the key's");
    return {};
}

std::string sha1(std::string_view bytes) {
    return digest_of(bytes, EVP_sha1());
}

std::string sha256(std::string_view bytes) {
    return digest_of(bytes, EVP_sha256());
}

Result<PublicNumbers> public_numbers(std::string_view key_pem) {
    const auto key = TRY(read_public(key_pem));
    auto modulus = TRY(number(*key, OSSL_PKEY_PARAM_RSA_N));
    auto exponent = TRY(number(*key, OSSL_PKEY_PARAM_RSA_E));
    return PublicNumbers{.modulus = std::move(modulus), .exponent = std::move(exponent)};
}

Result<std::string> public_key_of(std::string_view private_key_pem) {
    const auto key = TRY(read_private(private_key_pem));
    const BioPointer memory{BIO_new(BIO_s_mem())};
    if (PEM_write_bio_PUBKEY(memory.get(), key.get()) != 1) return failed("the public key can't be written");
    return written(memory);
}

Result<std::string> sign(Scheme scheme, std::string_view private_key_pem, std::string_view text) {
    const auto key = TRY(read_private(private_key_pem));
    const DigestPointer digest{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* padding = nullptr;
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
    auto size = signature.size();
    if (!digest || EVP_DigestSignInit(digest.get(), &padding, EVP_sha256(), nullptr, key.get()) != 1 ||
        !has_padding(padding, scheme) ||
        EVP_DigestSign(digest.get(), octets(signature), &size, octets(text), text.size()) != 1)
        return failed("the key can't sign");
    signature.resize(size);
    return signature;
}

}  // namespace koppla::sandbox
