#include "http/certificate.h"

#include "http/tls/pointer.h"

#include <algorithm>
#include <ctime>
#include <string_view>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

namespace koppla::http {
namespace {

using tls::BioPointer;
using tls::CertificatePointer;
using tls::KeyPointer;
using tls::Release;

Error failure(const CertificateRequest& request, std::string_view step) {
    return error(ErrorKind::invalid, fmt::format("can't make the certificate \"{}\": {}: {}",
                                                 request.common_name, step, tls::last_failure()));
}

using Extensions = std::vector<std::pair<int, const char*>>;

Result<void> add_extensions(X509& certificate, X509& issuer, const CertificateRequest& request,
                            const Extensions& extensions) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    for (const auto& [id, value] : extensions) {
        const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> extension{
            X509V3_EXT_conf_nid(nullptr, &context, id, value)};
        if (!extension || X509_add_ext(&certificate, extension.get(), -1) != 1) {
            return failure(request, fmt::format("extension {}", OBJ_nid2sn(id)));
        }
    }
    return {};
}

/// Built name by name rather than from text, so that a name can't smuggle in another.
Result<void> add_names(X509& certificate, const CertificateRequest& request) {
    if (request.names.empty()) return {};
    const std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>> names{GENERAL_NAMES_new()};
    for (const auto& text : request.names) {
        const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(),
                                                           [](char c) { return c > ' ' && c < '\x7f'; });
        if (!is_plain) return failure(request, fmt::format("\"{}\" is no DNS name or IP address", text));
        std::unique_ptr<GENERAL_NAME, Release<GENERAL_NAME_free>> name{GENERAL_NAME_new()};
        if (auto* address = a2i_IPADDRESS(text.c_str()); address != nullptr) {
            GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
        } else {
            ERR_clear_error();
            auto* dns = ASN1_IA5STRING_new();
            ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size()));
            GENERAL_NAME_set0_value(name.get(), GEN_DNS, dns);
        }
        if (sk_GENERAL_NAME_push(names.get(), name.get()) <= 0) return failure(request, "names");
        (void)name.release();  // the list owns it now
    }
    if (X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) != 1) {
        return failure(request, "names");
    }
    return {};
}

Result<void> set_identity(X509& certificate, const CertificateRequest& request, EVP_PKEY& key) {
    const std::unique_ptr<BIGNUM, Release<BN_free>> serial{BN_new()};
    // 159 bits: random enough to be unique, and positive in the 20 bytes that RFC 5280 4.1.2.2 allows.
    if (BN_rand(serial.get(), 159, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
        BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) == nullptr) {
        return failure(request, "serial number");
    }
    const int first_day = std::min(-request.days_before, request.days_valid - 1);
    if (X509_set_version(&certificate, X509_VERSION_3) != 1 ||
        X509_time_adj_ex(X509_getm_notBefore(&certificate), first_day, 0, nullptr) == nullptr ||
        X509_time_adj_ex(X509_getm_notAfter(&certificate), request.days_valid, 0, nullptr) == nullptr) {
        return failure(request, "dates");
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL takes text as unsigned bytes
    const auto* name = reinterpret_cast<const unsigned char*>(request.common_name.data());
    if (X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), "CN", MBSTRING_UTF8, name,
                                   static_cast<int>(request.common_name.size()), -1, 0) != 1) {
        return failure(request, "common name (at most 64 characters)");
    }
    if (X509_set_pubkey(&certificate, &key) != 1) return failure(request, "public key");
    return {};
}

Result<std::string> text_of(const CertificateRequest& request, const BioPointer& memory) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    if (size <= 0) return failure(request, "writing PEM");
    return std::string{data, static_cast<std::size_t>(size)};
}

Result<Certificate> to_pem(const CertificateRequest& request, X509& certificate, EVP_PKEY& key) {
    const BioPointer certificate_memory{BIO_new(BIO_s_mem())};
    const BioPointer key_memory{BIO_new(BIO_s_secmem())};
    if (PEM_write_bio_X509(certificate_memory.get(), &certificate) != 1 ||
        PEM_write_bio_PrivateKey(key_memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return failure(request, "writing PEM");
    }
    Certificate result;
    result.certificate_pem = TRY(text_of(request, certificate_memory));
    result.private_key_pem = TRY(text_of(request, key_memory));
    return result;
}

struct Issuer {
    CertificatePointer certificate;
    KeyPointer key;
};

Result<Issuer> read_issuer(const CertificateRequest& request, const Certificate& authority) {
    const auto open = [](const std::string& text) {
        return BioPointer{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    };
    const auto certificate_text = open(authority.certificate_pem);
    const auto key_text = open(authority.private_key_pem);
    Issuer issuer{.certificate = CertificatePointer{PEM_read_bio_X509(certificate_text.get(), nullptr,
                                                                      nullptr, nullptr)},
                  .key = KeyPointer{PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)}};
    if (!issuer.certificate || !issuer.key) return failure(request, "reading the authority's PEM");
    if (X509_check_private_key(issuer.certificate.get(), issuer.key.get()) != 1) {
        return failure(request, "the authority's key doesn't belong to its certificate");
    }
    return issuer;
}

/// Everything of a certificate but its key: signed by `authority`, or without one by itself.
Result<CertificatePointer> sign(const CertificateRequest& request, EVP_PKEY& key,
                                const Certificate* authority, const Extensions& extensions) {
    CertificatePointer certificate{X509_new()};
    if (!certificate) return failure(request, "making it");
    TRY(set_identity(*certificate, request, key));

    Issuer issuer;
    if (authority != nullptr) issuer = TRY(read_issuer(request, *authority));
    X509& issuer_certificate = authority != nullptr ? *issuer.certificate : *certificate;
    EVP_PKEY& issuer_key = authority != nullptr ? *issuer.key : key;
    if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(&issuer_certificate)) != 1) {
        return failure(request, "issuer");
    }
    TRY(add_extensions(*certificate, issuer_certificate, request, extensions));
    TRY(add_names(*certificate, request));
    if (X509_sign(certificate.get(), &issuer_key, EVP_sha256()) <= 0) return failure(request, "signing");
    return certificate;
}

Result<Certificate> make(const CertificateRequest& request, const Certificate* authority,
                         const Extensions& extensions) {
    ERR_clear_error();
    const KeyPointer key{EVP_EC_gen("P-256")};
    if (!key) return failure(request, "making a key");
    const CertificatePointer certificate = TRY(sign(request, *key, authority, extensions));
    return to_pem(request, *certificate, *key);
}

}  // namespace

Result<Certificate> make_authority(const CertificateRequest& request) {
    return make(request, nullptr,
                {{NID_basic_constraints, "critical,CA:TRUE"},
                 {NID_key_usage, "critical,keyCertSign,cRLSign"},
                 {NID_subject_key_identifier, "hash"}});
}

Result<Certificate> make_server_certificate(const CertificateRequest& request, const Certificate* authority) {
    Extensions extensions{{NID_basic_constraints, "critical,CA:FALSE"},
                          {NID_key_usage, "critical,digitalSignature"},
                          {NID_ext_key_usage, "serverAuth"},
                          {NID_subject_key_identifier, "hash"}};
    if (authority != nullptr) extensions.emplace_back(NID_authority_key_identifier, "keyid");
    return make(request, authority, extensions);
}

Result<Secret> make_signing_key() {
    ERR_clear_error();
    constexpr std::size_t bits = 2048;
    const KeyPointer key{EVP_RSA_gen(bits)};
    const BioPointer memory{BIO_new(BIO_s_secmem())};
    if (!key ||
        PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return error(ErrorKind::unsupported, fmt::format("can't make an RSA key: {}", tls::last_failure()));
    }
    return Secret{TRY(text_of({.common_name = "an RSA key"}, memory))};
}

Result<std::string> make_signing_certificate(const CertificateRequest& request, const Secret& key_pem) {
    ERR_clear_error();
    const std::string& text = key_pem.reveal();
    const BioPointer source{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    const KeyPointer key{PEM_read_bio_PrivateKey(source.get(), nullptr, tls::no_passphrase, nullptr)};
    if (!key) return failure(request, "reading its key");
    const CertificatePointer certificate = TRY(sign(request, *key, nullptr,
                                                    {{NID_basic_constraints, "critical,CA:FALSE"},
                                                     {NID_key_usage, "critical,digitalSignature"},
                                                     {NID_subject_key_identifier, "hash"}}));
    const BioPointer memory{BIO_new(BIO_s_mem())};
    if (PEM_write_bio_X509(memory.get(), certificate.get()) != 1) return failure(request, "writing PEM");
    return text_of(request, memory);
}

namespace {

Result<CertificatePointer> parse(std::string_view pem) {
    ERR_clear_error();
    const BioPointer source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    CertificatePointer certificate{PEM_read_bio_X509(source.get(), nullptr, tls::no_passphrase, nullptr)};
    ERR_clear_error();
    if (!certificate) return error(ErrorKind::invalid, "it holds no certificate in PEM");
    return certificate;
}

Result<Instant> instant_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return error(ErrorKind::invalid, "the certificate's time of validity can't be read");
    return Instant{std::chrono::seconds{::timegm(&parts)}};
}

Result<std::string> digest_of(X509& certificate, const EVP_MD* method) {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    if (X509_digest(&certificate, method, reinterpret_cast<unsigned char*>(digest.data()), &size) != 1)
        return error(ErrorKind::invalid, "the certificate's thumbprint can't be made");
    digest.resize(size);
    return digest;
}

}  // namespace

Result<CertificateFacts> read_certificate(std::string_view pem) {
    const CertificatePointer certificate = TRY(parse(pem));
    return CertificateFacts{.sha1 = TRY(digest_of(*certificate, EVP_sha1())),
                            .sha256 = TRY(digest_of(*certificate, EVP_sha256())),
                            .begins = TRY(instant_of(X509_get0_notBefore(certificate.get()))),
                            .ends = TRY(instant_of(X509_get0_notAfter(certificate.get())))};
}

Result<void> check_pair(std::string_view certificate_pem, const Secret& key_pem) {
    const CertificatePointer certificate = TRY(parse(certificate_pem));
    const std::string& text = key_pem.reveal();
    const BioPointer source{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    const KeyPointer key{PEM_read_bio_PrivateKey(source.get(), nullptr, tls::no_passphrase, nullptr)};
    const bool is_pair = key && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (is_pair) return {};
    return error(ErrorKind::invalid, "the certificate is of another key");
}

}  // namespace koppla::http
