#include "sandbox/salesforce/envelope.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/soap_records.h"
#include "sandbox/services.h"
#include "sandbox/web/markup.h"

#include <array>

namespace koppla::sandbox {
namespace {

/// The last version that lets users log in this way. [Salesforce: SOAP API, end of login()]
constexpr int last_login_version = 64;

Answer soap_answer(int status, const std::string& body) {
    return text_answer(status,
                       R"(<?xml version="1.0" encoding="UTF-8"?>)"
                       R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
                       R"( xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com")"
                       R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)" +
                           body + "</soapenv:Body></soapenv:Envelope>",
                       "text/xml; charset=utf-8");
}

/// [Salesforce: SOAP API, Core Data Types, ApiFault]
Answer fault(std::string_view type, std::string_view code, std::string_view message) {
    const std::string kind{type};
    const std::string name{code};
    const auto text = markup_escaped(message);
    return soap_answer(500, "<soapenv:Fault><faultcode>sf:" + name + "</faultcode><faultstring>" + name +
                                ": " + text + "</faultstring><detail><sf:" + kind + " xsi:type=\"sf:" + kind +
                                "\"><sf:exceptionCode>" + name + "</sf:exceptionCode><sf:exceptionMessage>" +
                                text + "</sf:exceptionMessage></sf:" + kind + "></detail></soapenv:Fault>");
}

std::string user_info(const Services& services) {
    std::string info;
    for (const auto& [name, text] : std::array<std::pair<std::string_view, std::string>, 12>{
             {{"currencySymbol", "€"},
              {"organizationId", services.org.organization_id()},
              {"organizationMultiCurrency", "false"},
              {"organizationName", "Sandbox"},
              {"sessionSecondsValid", "7200"},
              {"userEmail", services.org.username()},
              {"userFullName", services.org.username()},
              {"userId", services.org.user_id()},
              {"userLocale", "en_US"},
              {"userName", services.org.username()},
              {"userTimeZone", "GMT"},
              {"userType", "Standard"}}})
        info += markup_element(name, text);
    return info;
}

Answer log_in(Services& services, const Envelope& envelope, int version) {
    if (version > last_login_version)
        return fault("UnexpectedErrorFault", "UNSUPPORTED_API_VERSION",
                     "login() is not available from API version 65.0 on: use OAuth");
    const auto& known = services.credentials;
    const auto password = envelope.field("password");
    if (envelope.field("username") == known.username && password == known.password)
        return fault("LoginFault", "LOGIN_MUST_USE_SECURITY_TOKEN",
                     "Invalid username, password, security token; or user locked out. Are you at a new "
                     "location? When accessing Salesforce--either via a desktop client or the API--from "
                     "outside of your company's trusted networks, you must add a security token to your "
                     "password to log in.");
    if (envelope.field("username") != known.username || password != known.password + known.security_token)
        return fault("LoginFault", "INVALID_LOGIN",
                     "Invalid username, password, security token; or user locked out.");
    const auto number = std::to_string(version) + ".0/" + services.org.organization_id().substr(0, 15);
    return soap_answer(
        200, "<loginResponse><result>" +
                 markup_element("metadataServerUrl", services.url + "/services/Soap/m/" + number) +
                 markup_element("passwordExpired", "false") + markup_element("sandbox", "true") +
                 markup_element("serverUrl", services.url + "/services/Soap/u/" + number) +
                 markup_element("sessionId", services.sessions.open()) +
                 markup_element("userId", services.org.user_id()) + "<userInfo>" + user_info(services) +
                 "</userInfo></result></loginResponse>");
}

Answer act(Services& services, const Envelope& envelope) {
    if (!services.sessions.use(envelope.session()))
        return fault("UnexpectedErrorFault", "INVALID_SESSION_ID",
                     "Invalid Session ID found in SessionHeader: Illegal Session");
    if (envelope.operation() == "logout") {
        services.sessions.revoke(envelope.session());
        return soap_answer(200, "<logoutResponse/>");
    }
    if (envelope.operation() == "getUserInfo")
        return soap_answer(
            200, "<getUserInfoResponse><result>" + user_info(services) + "</result></getUserInfoResponse>");
    if (envelope.operation() == "undelete" || envelope.operation() == "merge") {
        const bool is_merge = envelope.operation() == "merge";
        const auto body = is_merge ? soap_merge(services, envelope) : soap_undelete(services, envelope);
        return body ? soap_answer(200, *body)
                    : fault("UnexpectedErrorFault",
                            body.error().symbol.empty() ? "UNKNOWN_EXCEPTION" : body.error().symbol,
                            body.error().message);
    }
    return fault("UnexpectedErrorFault", "UNKNOWN_EXCEPTION",
                 "This sandbox has of the SOAP API login, logout, getUserInfo, undelete and merge, not " +
                     envelope.operation());
}

}  // namespace

Answer soap(Services& services, const Ask& ask) {
    const auto version = parse_version("v" + ask.parts.at(0));
    if (!version || *version < oldest_version || *version > newest_version)
        return fault("UnexpectedErrorFault", "UNSUPPORTED_API_VERSION",
                     "Invalid Api version specified on URL");
    const auto envelope = Envelope::read(ask.request.body);
    if (!envelope) return fault("UnexpectedErrorFault", "UNKNOWN_EXCEPTION", envelope.error().message);
    return envelope->operation() == "login" ? log_in(services, *envelope, *version)
                                            : act(services, *envelope);
}

}  // namespace koppla::sandbox
