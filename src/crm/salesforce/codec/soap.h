#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace koppla::salesforce {

/// Who logs in by SOAP; the password with the security token behind it.
struct SoapLogin {
    std::string username;
    Secret password;
};

/// The request. [Salesforce: SOAP API, login()]
std::string login_envelope(const SoapLogin& login);

/// Its answer: a session, or a fault.
struct SoapReply {
    Secret session_id;
    std::string server_url, user_id, organization_id;
    bool is_password_expired = false;
    std::string fault_code;  ///< "INVALID_LOGIN", or empty
    std::string fault_text;
};

/// `corrupt` for what isn't a SOAP answer: no well-formed XML, one with a document type (whose entities could
/// be anything), or deeper or longer than an answer is.
Result<SoapReply> read_login_reply(std::string_view body);

}  // namespace koppla::salesforce
