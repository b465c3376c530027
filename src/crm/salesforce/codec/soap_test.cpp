#include "crm/salesforce/codec/soap.h"

#include <gmock/gmock.h>

namespace koppla::salesforce {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string good =
    R"(<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result><passwordExpired>false</passwordExpired><serverUrl>https://acme.my.salesforce.com/services/Soap/u/64.0/00Dxx0000000001</serverUrl><sessionId>00Dxx!AQ.a&amp;b</sessionId><userId>005xx0000000001AAA</userId><userInfo><organizationId>00Dxx0000000001EAA</organizationId><userFullName>Jo &lt;Acme&gt;</userFullName></userInfo></result></loginResponse></soapenv:Body></soapenv:Envelope>)";

TEST(Soap, ALoginIsWrittenSoThatNoTextBecomesMarkup) {
    const std::string envelope =
        login_envelope({.username = "jo@acme.example", .password = Secret{"a<b>&c\"'\x01</sf:login>"}});
    EXPECT_THAT(envelope, HasSubstr("<sf:username>jo@acme.example</sf:username>"));
    EXPECT_THAT(envelope, HasSubstr("<sf:password>a&lt;b&gt;&amp;c\"'&lt;/sf:login&gt;</sf:password>"));
}

TEST(Soap, ASessionIsReadWhateverThePrefixes) {
    for (const char* prefix : {"", "sf:"}) {
        std::string body = good;
        if (*prefix != 0) {
            body.replace(body.find("<sessionId>"), 11, "<sf:sessionId xmlns:sf=\"x\">");
            body.replace(body.find("</sessionId>"), 12, "</sf:sessionId>");
        }
        const auto reply = read_login_reply(body);
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(reply->session_id.reveal(), "00Dxx!AQ.a&b");
        EXPECT_EQ(reply->server_url, "https://acme.my.salesforce.com/services/Soap/u/64.0/00Dxx0000000001");
        EXPECT_EQ(reply->user_id, "005xx0000000001AAA");
        EXPECT_EQ(reply->organization_id, "00Dxx0000000001EAA");
        EXPECT_FALSE(reply->is_password_expired);
        EXPECT_EQ(reply->fault_code, "");
    }
}

TEST(Soap, AFaultIsReadByItsDetailOrItsText) {
    const std::string detail =
        R"(<detail><sf:LoginFault xmlns:sf="urn:fault.partner.soap.sforce.com"><sf:exceptionCode>LOGIN_MUST_USE_SECURITY_TOKEN</sf:exceptionCode></sf:LoginFault></detail>)";
    for (const std::string& more : {std::string{}, detail}) {
        const auto reply = read_login_reply(
            R"(<e:Envelope xmlns:e="x"><e:Body><e:Fault><faultcode>INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username</faultstring>)" +
            more + "</e:Fault></e:Body></e:Envelope>");
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->fault_code, more.empty() ? "INVALID_LOGIN" : "LOGIN_MUST_USE_SECURITY_TOKEN");
        EXPECT_EQ(reply->fault_text, "INVALID_LOGIN: Invalid username");
    }
}

TEST(Soap, HostileXmlIsRefused) {
    std::string deep = "<Envelope>";
    for (int i = 0; i < 1'000; ++i) deep += "<a>";
    const std::string laughs =
        R"(<?xml version="1.0"?><!DOCTYPE e [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><Envelope><sessionId>&b;</sessionId></Envelope>)";
    const std::string file =
        R"(<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><Envelope><sessionId>&x;</sessionId></Envelope>)";
    for (const std::string& body :
         {std::string{}, std::string{"<html><body>log in</body></html>"}, std::string{"{}"}, deep, laughs,
          file, good.substr(0, good.size() / 2), good + "x", std::string(std::size_t{300} << 10, ' '),
          std::string{"<Envelope><sessionId>&unknown;</sessionId></Envelope>"},
          std::string{"<Envelope>\xff\xfe</Envelope>"}}) {
        const auto reply = read_login_reply(body);
        ASSERT_FALSE(reply) << body.substr(0, 100);
        EXPECT_EQ(reply.error().kind, ErrorKind::corrupt);
        EXPECT_THAT(reply.error().message, Not(HasSubstr("root:")));
    }
}

}  // namespace
}  // namespace koppla::salesforce
