#include "http/certificate.h"

#include "http/tls/pointer.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

namespace koppla::http {
namespace {

tls::CertificatePointer parse(const Certificate& certificate) {
    const tls::BioPointer text{BIO_new_mem_buf(certificate.certificate_pem.data(),
                                               static_cast<int>(certificate.certificate_pem.size()))};
    return tls::CertificatePointer{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)};
}

/// OpenSSL's verdict on `leaf` where `authority` is trusted.
int verdict(const Certificate& leaf, const Certificate& authority) {
    const auto leaf_parsed = parse(leaf);
    const auto authority_parsed = parse(authority);
    const tls::StorePointer store{X509_STORE_new()};
    X509_STORE_add_cert(store.get(), authority_parsed.get());
    const std::unique_ptr<X509_STORE_CTX, tls::Release<X509_STORE_CTX_free>> check{X509_STORE_CTX_new()};
    X509_STORE_CTX_init(check.get(), store.get(), leaf_parsed.get(), nullptr);
    X509_STORE_CTX_set_purpose(check.get(), X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(check.get()), X509_V_FLAG_X509_STRICT);
    X509_verify_cert(check.get());
    return X509_STORE_CTX_get_error(check.get());
}

TEST(Certificate, of_an_authority_holds_strictly_for_its_names_only) {
    const auto authority = make_authority({.common_name = "Test authority"});
    ASSERT_TRUE(authority) << authority.error().message;
    const auto server = make_server_certificate(
        {.common_name = "localhost", .names = {"localhost", "127.0.0.1", "::1"}}, &*authority);
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_EQ(verdict(*server, *authority), X509_V_OK);

    const auto parsed = parse(*server);
    EXPECT_EQ(X509_check_host(parsed.get(), "localhost", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_ip_asc(parsed.get(), "127.0.0.1", 0), 1);
    EXPECT_EQ(X509_check_ip_asc(parsed.get(), "::1", 0), 1);
    EXPECT_EQ(X509_check_host(parsed.get(), "example.com", 0, 0, nullptr), 0);
    EXPECT_EQ(X509_check_ip_asc(parsed.get(), "127.0.0.2", 0), 0);
}

TEST(Certificate, of_another_authority_does_not_hold) {
    const auto authority = make_authority({.common_name = "One"});
    const auto other = make_authority({.common_name = "One"});
    const auto server =
        make_server_certificate({.common_name = "localhost", .names = {"localhost"}}, &*authority);
    EXPECT_NE(verdict(*server, *other), X509_V_OK);
}

TEST(Certificate, with_negative_days_has_expired) {
    const auto authority = make_authority({.common_name = "One"});
    const auto server =
        make_server_certificate({.common_name = "x", .names = {"x"}, .days_valid = -3}, &*authority);
    ASSERT_TRUE(server);
    EXPECT_EQ(verdict(*server, *authority), X509_V_ERR_CERT_HAS_EXPIRED);
    const auto parsed = parse(*server);
    EXPECT_LT(ASN1_TIME_compare(X509_get0_notBefore(parsed.get()), X509_get0_notAfter(parsed.get())), 0);
}

TEST(Certificate, serial_numbers_differ) {
    const auto one = make_authority({.common_name = "One"});
    const auto two = make_authority({.common_name = "One"});
    EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(parse(*one).get()),
                               X509_get0_serialNumber(parse(*two).get())),
              0);
}

TEST(Certificate, that_cannot_be_made_says_why) {
    const auto long_name = make_authority({.common_name = std::string(65, 'a')});
    ASSERT_FALSE(long_name);
    EXPECT_NE(long_name.error().message.find("64 characters"), std::string::npos);

    const auto authority = make_authority({.common_name = "One"});
    EXPECT_FALSE(make_server_certificate({.common_name = "x", .names = {"a b"}}, &*authority));
    EXPECT_FALSE(make_server_certificate({.common_name = "x", .names = {""}}, &*authority));

    const auto other = make_authority({.common_name = "Two"});
    const Certificate mixed{.certificate_pem = authority->certificate_pem,
                            .private_key_pem = other->private_key_pem};
    const auto refused = make_server_certificate({.common_name = "x"}, &mixed);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("doesn't belong"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("PRIVATE"), std::string::npos);
    const Certificate nonsense{.certificate_pem = "x", .private_key_pem = "y"};
    EXPECT_FALSE(make_server_certificate({.common_name = "x"}, &nonsense));
}

TEST(Certificate, name_cannot_smuggle_in_another) {
    const auto authority = make_authority({.common_name = "One"});
    const auto server =
        make_server_certificate({.common_name = "x", .names = {"a,DNS:evil.example"}}, &*authority);
    ASSERT_TRUE(server);
    EXPECT_EQ(X509_check_host(parse(*server).get(), "evil.example", 0, 0, nullptr), 0);
}

TEST(Certificate, is_known_by_thumbprints_and_belongs_to_one_key) {
    const Secret key = make_signing_key().value();
    const std::string pem = make_signing_certificate({.common_name = "x", .days_valid = 10}, key).value();
    const auto facts = read_certificate(pem);
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->sha1.size(), 20U);
    EXPECT_EQ(facts->sha256.size(), 32U);
    EXPECT_LT(facts->begins, facts->ends);
    EXPECT_LE(facts->ends - facts->begins, std::chrono::hours{24 * 12});
    EXPECT_TRUE(check_pair(pem, key));
    EXPECT_FALSE(check_pair(pem, make_signing_key().value()));
    EXPECT_FALSE(check_pair("x", key));
    EXPECT_FALSE(read_certificate(key.reveal()));
}

}  // namespace
}  // namespace koppla::http
