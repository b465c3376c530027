#pragma once

#include "base/result.h"
#include "crm/refusal.h"
#include "crm/salesforce/codec/soap.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace koppla::salesforce {

/// What a refusal means: Salesforce's codes and statuses become an ErrorKind and words, by one table. Pure.
/// `attempted` names the work ("reading Contact") and opens the message.
/// [Salesforce: REST API, Status Codes and Error Responses]
Error error_of(const http::Response& response, std::string_view attempted);

/// The same of an answer within an answer, as `/composite` gives them.
Error error_of(int status, std::string_view body, std::string_view attempted);

/// Whether a row that was refused so may be taken another time: a lock, a limit, another row's fault, by the
/// same table. The org's own code wraps such refusals in its own, so that the text has to be looked at.
bool is_passing(std::string_view symbol, std::string_view text);

/// The same error of a request that writes. Where the answer doesn't prove that nothing happened, it is
/// `in_doubt`.
Error error_of_write(Error failure);

/// The same before anything was sent that writes: what would be in doubt is `unavailable`.
Error not_begun(Error failure);

/// A refusal of the token endpoint; the message names the setting to look at, or where Salesforce says no
/// more than that the grant is invalid, gives the advice of this way of logging in. [RFC 6749, 5.2]
Error login_error_of(const http::Response& response, std::string_view server, std::string_view advice);

/// A fault of login(). [Salesforce: SOAP API, login(), LoginFault]
Error soap_login_error_of(const SoapReply& fault, std::string_view attempted);

}  // namespace koppla::salesforce
