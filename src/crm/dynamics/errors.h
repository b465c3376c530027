#pragma once

#include "base/error.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace koppla::dynamics {

/// What a refusal of the Web API means: Dataverse's codes, hex or decimal, and statuses become an ErrorKind
/// and words, by one table. Pure. The symbol is the code in hex, "0x80040217", or "HTTP 503".
/// [Dataverse: Web service error codes]
Error error_of(const http::Response& response, std::string_view attempted);

/// A refusal of Entra ID; the message names the setting to look at. The symbol is its code, "AADSTS7000215",
/// or OAuth's name where there is none. [Entra: Authentication and authorization error codes]
Error login_error_of(const http::Response& response, std::string_view attempted);

/// OAuth's name of a refusal, "authorization_pending", or empty.
std::string oauth_error_of(const http::Response& response);

}  // namespace koppla::dynamics
