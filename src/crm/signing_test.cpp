#include "crm/signing.h"

#include "http/certificate.h"
#include "http/tls/pointer.h"

#include <gmock/gmock.h>
#include <openssl/pem.h>

namespace koppla {
namespace {

using testing::HasSubstr;

std::string from_base64url(std::string text) {
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (text.size() % 4 != 0) text += '=';
    std::string bytes(text.size(), '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

TEST(Signing, TextThatFitsAUrlIsThatOfTheStandard) {
    EXPECT_EQ(base64url(""), "");
    EXPECT_EQ(base64url("f"), "Zg");
    EXPECT_EQ(base64url("fo"), "Zm8");
    EXPECT_EQ(base64url("foo"), "Zm9v");
    EXPECT_EQ(base64url("\xfb\xff\xbf"), "-_-_");
    // The pair that RFC 7636 gives in its appendix B.
    EXPECT_EQ(base64url(sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    EXPECT_EQ(random_text(32)->size(), 43U);
    EXPECT_NE(*random_text(32), *random_text(32));
}

TEST(Signing, ATokenIsSignedSoThatTheCertificateProvesIt) {
    const Secret key = http::make_signing_key().value();
    ASSERT_TRUE(check_signing_key(key));
    const std::string pem = http::make_signing_certificate({.common_name = "koppla acme"}, key).value();
    const std::string token = signed_token(R"({"iss":"app"})", key).value().reveal();
    const auto first = token.find('.');
    const auto second = token.rfind('.');
    EXPECT_EQ(from_base64url(token.substr(0, first)), R"({"alg":"RS256","typ":"JWT"})");
    EXPECT_EQ(from_base64url(token.substr(first + 1, second - first - 1)), R"({"iss":"app"})");

    const http::tls::BioPointer source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    const http::tls::CertificatePointer certificate{
        PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)};
    ASSERT_TRUE(certificate);
    const auto verify = [&](const std::string& text) {
        const std::string signature = from_base64url(token.substr(second + 1));
        const std::unique_ptr<EVP_MD_CTX, http::tls::Release<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                             X509_get0_pubkey(certificate.get()));
        return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                                signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                                text.size()) == 1;
    };
    EXPECT_TRUE(verify(token.substr(0, second)));
    EXPECT_FALSE(verify(token.substr(0, second) + "x"));
    EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
}

TEST(Signing, KeysThatNoCrmTakesAreRefusedWithTheReason) {
    const auto refusal = [](const std::string& text) {
        const auto checked = check_signing_key(Secret{text});
        return checked ? "accepted" : checked.error().message;
    };
    EXPECT_THAT(refusal(""), HasSubstr("no private key in PEM"));
    EXPECT_THAT(refusal("hunter2"), Not(HasSubstr("hunter2")));
    EXPECT_THAT(refusal(http::make_authority({.common_name = "x"}).value().private_key_pem),
                HasSubstr("RSA key of 2048 bits or more, and is EC"));
    const http::tls::KeyPointer weak{EVP_RSA_gen(1024)};
    const http::tls::BioPointer memory{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(memory.get(), weak.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    EXPECT_THAT(refusal(std::string{data, static_cast<std::size_t>(size)}), HasSubstr("of 1024 bits"));

    const http::tls::KeyPointer strong{EVP_RSA_gen(2048)};
    const http::tls::BioPointer locked{BIO_new(BIO_s_mem())};
    std::string passphrase = "open";
    PEM_write_bio_PrivateKey(locked.get(), strong.get(), EVP_aes_128_cbc(),
                             reinterpret_cast<unsigned char*>(passphrase.data()), 4, nullptr, nullptr);
    const auto locked_size = BIO_get_mem_data(locked.get(), &data);
    EXPECT_THAT(refusal(std::string{data, static_cast<std::size_t>(locked_size)}), HasSubstr("passphrase"));
}

TEST(Signing, BytesComeBackFromBase64InEitherAlphabet) {
    for (const std::string& bytes : {std::string{}, std::string{"f"}, std::string{"fo"}, std::string{"foo"},
                                     std::string{"\xfb\xff\xbf\x00", 4}}) {
        EXPECT_EQ(from_base64(base64(bytes)), bytes);
        EXPECT_EQ(from_base64(base64url(bytes)), bytes);
    }
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(from_base64("Zm\r\n9v "), "foo");
    for (const char* nonsense : {"Z", "Zm=9", "Zm9*"}) EXPECT_FALSE(from_base64(nonsense)) << nonsense;
}

}  // namespace
}  // namespace koppla
