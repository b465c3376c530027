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

/// What the refusal of one operation within a batch means.
struct RowFault {
    enum class Reach {
        row,      ///< of this record as it is, now and later
        passing,  ///< nothing happened, and another time it may: a lock, a limit, a busy database
        account   ///< of whoever is logged in: no record could be written
    };
    Reach reach = Reach::row;
    std::string symbol;   ///< "0x80040217", or "HTTP 500"
    std::string message;  ///< Dynamics' own words, or ours where it has none
};
/// By Dataverse's codes that may be tried again, and by the status. Pure.
RowFault row_fault_of(int status, std::string_view body);

/// A refusal of Entra ID; the message names the setting to look at. The symbol is its code, "AADSTS7000215",
/// or OAuth's name where there is none. [Entra: Authentication and authorization error codes]
Error login_error_of(const http::Response& response, std::string_view attempted);

/// OAuth's name of a refusal, "authorization_pending", or empty.
std::string oauth_error_of(const http::Response& response);

}  // namespace koppla::dynamics
