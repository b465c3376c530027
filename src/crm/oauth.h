#pragma once

#include "base/clock.h"
#include "crm/session.h"
#include "http/client.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla {

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// Posts to a login's endpoint; within a minute whatever the caller's deadline, since others wait for it.
Result<http::Response> post_login(http::Client& client, http::Request request, std::string_view attempted,
                                  const Call& call);
/// The same with a form. [RFC 6749, 4]
Result<http::Response> post_login_form(http::Client& client, const std::string& url, const FormFields& fields,
                                       std::string_view attempted, const Call& call);

/// The tokens in a token endpoint's 2xx answer; where they lead to is the caller's to know. `corrupt` without
/// an access token that a header can carry. [RFC 6749, 5.1]
Result<Credentials> tokens_in(const std::string& body, std::string_view attempted);

/// Whether a header can carry it: printable, without blanks, not empty.
bool is_token(std::string_view text);

/// A text of a JSON object, or empty.
std::string text_in(const std::string& json, std::string_view name);

/// A signed login holds for minutes of the other side's clock. It is signed by ours; where it is refused and
/// the answer's date differs, once more by theirs.
struct SignedAnswer {
    http::Response response;
    /// "; besides, this machine's clock is …" where it was signed twice, for a refusal's message.
    std::string about_clock{};
};
Result<SignedAnswer> send_signed(const Clock& clock,
                                 const std::function<Result<http::Response>(Instant)>& send);

}  // namespace koppla
