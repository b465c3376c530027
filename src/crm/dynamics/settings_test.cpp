#include "crm/dynamics/settings.h"

#include "crm/dynamics/thumbprint.h"
#include "crm/signing.h"
#include "http/certificate.h"

#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>

namespace koppla::dynamics {
namespace {

using testing::HasSubstr;

constexpr const char* tenant = "99999999-2222-3333-4444-555555555555";

model::Settings good() {
    return {{"server", "https://acme.crm.dynamics.com"},
            {"auth", "certificate"},
            {"client-id", "11111111-2222-3333-4444-555555555555"}};
}

std::string refusal(const std::string& name, const std::string& value) {
    model::Settings settings = good();
    settings[name] = value;
    const auto checked = check_settings(settings);
    return checked ? "accepted" : checked.error().message;
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        text += digits[static_cast<unsigned char>(c) >> 4U];
        text += digits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

TEST(DynamicsSettings, ThatAreRightAreAccepted) {
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"server", "https://acme.crm4.dynamics.com/"},
             {"server", "https://127.0.0.1:8443"},
             {"tenant", tenant},
             {"tenant", "acme.onmicrosoft.com"},
             {"authority", "https://login.microsoftonline.us"},
             {"authority", "https://127.0.0.1:8443/" + std::string{tenant}},
             {"api-version", "9.0"},
             {"custom-key-identifier", std::string(40, 'a')},
             {"requests-in-flight", "52"},
             {"page-size", "1"},
             {"lookup-names", "on"}})
        EXPECT_EQ(refusal(name, value), "accepted") << name << '=' << value;
}

TEST(DynamicsSettings, ThatAreWrongAreNamedWithTheRemedy) {
    const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
        {"server", "http://acme.crm.dynamics.com", "write https://acme.crm.dynamics.com"},
        {"server", "", "missing"},
        {"server", "https://acme.crm.dynamics.com/api/data/v9.2/",
         "write https://acme.crm.dynamics.com alone"},
        {"server", "https://make.powerapps.com", "Environment URL"},
        {"server", "https://home.dynamics.com", "Environment URL"},
        {"auth", "jwt", "certificate, client-secret, password, device, browser"},
        {"auth", "password", "setting 'username'"},
        {"client-id", "", "auth certificate needs it"},
        {"client-id", "koppla", "GUID"},
        {"tenant", "acme", "is no tenant"},
        {"tenant", "common", "names no tenant, and this login needs one"},
        {"tenant", "../x.y", "is no tenant"},
        {"authority", "http://login.microsoftonline.com", "encryption"},
        {"authority", "https://login.microsoftonline.com/a.b/oauth2", "more than a tenant"},
        {"authority", "https://login.microsoftonline.com/x", "is no tenant"},
        {"custom-key-identifier", "abc", "40 digits in hex"},
        {"key-id", "a b", "blanks"},
        {"api-version", "8.2", "9.0, 9.1, 9.2"},
        {"requests-in-flight", "53", "1 to 52"},
        {"page-size", "5001", "1 to 5000"},
        {"proxy", "http://user:word@proxy:1", "HTTPS_PROXY"},
    };
    for (const auto& [name, value, words] : cases) {
        const std::string message = refusal(name, value);
        EXPECT_THAT(message, testing::StartsWith("setting '")) << name << '=' << value;
        EXPECT_THAT(message, HasSubstr(words)) << name << '=' << value;
    }
}

TEST(DynamicsSettings, TheCloudOfTheServerTellsWhereLoginsHappen) {
    const auto hosts = [](const std::string& server) {
        model::Settings settings = good();
        settings["server"] = server;
        return allowed_hosts(settings);
    };
    using Hosts = std::vector<std::string>;
    EXPECT_EQ(hosts("https://a.crm4.dynamics.com"),
              (Hosts{"a.crm4.dynamics.com", "login.microsoftonline.com"}));
    EXPECT_EQ(hosts("https://a.crm9.dynamics.com"),
              (Hosts{"a.crm9.dynamics.com", "login.microsoftonline.com"}));
    EXPECT_EQ(hosts("https://a.crm.microsoftdynamics.us"),
              (Hosts{"a.crm.microsoftdynamics.us", "login.microsoftonline.us"}));
    EXPECT_EQ(hosts("https://a.crm.dynamics.cn"),
              (Hosts{"a.crm.dynamics.cn", "login.partner.microsoftonline.cn"}));
}

TEST(DynamicsSettings, TheTenantMayStandBehindTheAuthorityButNotDiffer) {
    model::Settings settings = good();
    settings["auth"] = "client-secret";
    settings["authority"] = std::string{"https://login.microsoftonline.com/"} + tenant + "/";
    const Secrets secrets{{"client-secret", Secret{"s"}}};
    const auto account = account_settings(settings, secrets);
    ASSERT_TRUE(account) << account.error().message;
    EXPECT_EQ(account->authority, "https://login.microsoftonline.com");
    EXPECT_EQ(account->tenant, tenant);
    settings["tenant"] = "acme.onmicrosoft.com";
    EXPECT_THAT(account_settings(settings, secrets).error().message, HasSubstr("leave one of them out"));
}

TEST(DynamicsSettings, TheThumbprintComesFromTheCertificateWithoutBeingTyped) {
    const Secret key = http::make_signing_key().value();
    const std::string certificate = http::make_signing_certificate({.common_name = "acme"}, key).value();
    const auto facts = http::read_certificate(certificate).value();
    const auto account =
        account_settings(good(), {{"private-key", key}, {"certificate", Secret{certificate}}});
    ASSERT_TRUE(account) << account.error().message;
    EXPECT_EQ(account->sha256, facts.sha256);
    EXPECT_EQ(account->certificate_ends, facts.ends);

    EXPECT_THAT(account_settings(good(), {{"private-key", key}}).error().message,
                HasSubstr("koppla account certificate"));
    model::Settings named = good();
    named["custom-key-identifier"] = hex(facts.sha1);
    EXPECT_EQ(account_settings(named, {{"private-key", key}})->sha1, facts.sha1);
    named["custom-key-identifier"] = std::string(64, '0');
    EXPECT_THAT(
        account_settings(named, {{"private-key", key}, {"certificate", Secret{certificate}}}).error().message,
        HasSubstr("not of the certificate"));
    const Secret other = http::make_signing_key().value();
    EXPECT_THAT(account_settings(good(), {{"private-key", other}, {"certificate", Secret{certificate}}})
                    .error()
                    .message,
                HasSubstr("belong together"));
}

TEST(DynamicsSettings, AKeyMayBePemOrBase64OfPemOrDer) {
    const Secret key = http::make_signing_key().value();
    const std::string& pem = key.reveal();
    std::string body = pem.substr(pem.find('\n') + 1);
    body = body.substr(0, body.find("-----END"));
    for (const std::string& text : {pem, base64(pem), body}) {
        const auto read = signing_key_in_pem(Secret{text});
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->reveal(), pem);
    }
    for (const std::string text :
         {"", "x", "AAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}) {
        const auto read = signing_key_in_pem(Secret{text});
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().kind, ErrorKind::invalid);
    }
}

TEST(DynamicsSettings, AThumbprintMayBeHexOrBase64OfEitherKind) {
    const std::string sha1(20, '\x1f');
    const std::string sha256(32, '\xe2');
    EXPECT_EQ(parse_thumbprint(hex(sha1))->sha1, sha1);
    EXPECT_EQ(parse_thumbprint("\xe2\x80\x8e" + hex(sha1))->sha1, sha1);
    EXPECT_EQ(parse_thumbprint(base64(sha1))->sha1, sha1);
    EXPECT_EQ(parse_thumbprint(hex(sha256))->sha256, sha256);
    EXPECT_EQ(parse_thumbprint(base64url(sha256))->sha256, sha256);
    std::string colons;
    for (int i = 0; i < 20; ++i) colons += i == 0 ? "1F" : ":1f";
    EXPECT_EQ(parse_thumbprint(colons)->sha1, sha1);
    for (const char* nonsense : {"", "abc", "zz", "1F2E"})
        EXPECT_FALSE(parse_thumbprint(nonsense)) << nonsense;
}

}  // namespace
}  // namespace koppla::dynamics
