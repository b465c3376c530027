#include "crm/dynamics/errors.h"

#include "crm/odata/errors.h"
#include "crm/refusal.h"
#include "http/retrying.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

constexpr std::string_view roles = "give the user a security role with this privilege, or leave it out";
constexpr std::string_view correct_the_value = "correct the value";
constexpr std::string_view pace =
    "the environment asks to slow down; lower 'requests-in-flight' if this lasts";
constexpr std::string_view feed_over = "the mark is too old or of another table: begin the feed again";

constexpr auto meanings = std::to_array<Meaning>({
    {"0x80040217", ErrorKind::not_found, "the record isn't there, or the user can't see it"},
    {"0x80060891", ErrorKind::not_found, "no record has this key"},
    {"0x8006088a", ErrorKind::not_found,
     "the table isn't there: its name in the Web API is its entity set's"},
    {"0x80041102", ErrorKind::not_found, "the table isn't there, or the user can't see it"},
    {"0x80041103", ErrorKind::invalid, "a column isn't there, or the user can't see it"},
    {"0x80040237", ErrorKind::conflict, "another record has this key"},
    {"0x80060892", ErrorKind::conflict, "another record has this key"},
    {"0x80073002", ErrorKind::conflict, "another record has this value"},
    {"0x80040333", ErrorKind::conflict, "a duplicate detection rule found a record like it"},
    {"0x80060890", ErrorKind::invalid, "the table has no such key, or it is not active yet"},
    {"0x8006088f", ErrorKind::invalid, "the key can't be used like this"},
    {"0x8006089d", ErrorKind::conflict, "several records have this key"},
    {"0x80060882", ErrorKind::conflict, "somebody else has changed the record meanwhile"},
    {"0x80060883", ErrorKind::invalid, "the record's version is missing"},
    {"0x8006088d", ErrorKind::unsupported, "the table doesn't tell versions of records"},
    {"0x80071154", ErrorKind::unavailable, "another operation is under way; try again"},
    {"0x80044339", ErrorKind::unavailable, "somebody else is changing it; try again"},
    {"0x80040203", ErrorKind::invalid, correct_the_value},
    {"0x80040200", ErrorKind::invalid, "give the column a value"},
    {"0x80044331", ErrorKind::invalid, correct_the_value},
    {"0x8004432f", ErrorKind::invalid, correct_the_value},
    {"0x80044330", ErrorKind::invalid, correct_the_value},
    {"0x8004431a", ErrorKind::invalid, "use one of the choice's own values"},
    {"0x80040239", ErrorKind::invalid, correct_the_value},
    {"0x80040278", ErrorKind::invalid, correct_the_value},
    {"0x80048408", ErrorKind::invalid, "this status doesn't go with this state"},
    {"0x80060888", ErrorKind::invalid, "correct the filter, the order or the columns"},
    {"0x80048d19", ErrorKind::invalid, correct_the_value},
    {"0x8004022e", ErrorKind::denied, "the record can't be changed"},
    {"0x80040220", ErrorKind::denied, roles},
    {"0x80040204", ErrorKind::denied, roles},
    {"0x8004020d", ErrorKind::denied, roles},
    {"0x80048306", ErrorKind::denied, roles},
    {"0x80048405", ErrorKind::denied, roles},
    {"0x80040231", ErrorKind::denied, roles},
    {"0x80040256", ErrorKind::denied, roles},
    {"0x8004a110", ErrorKind::denied, "the user may not act for somebody else"},
    {"0x80040225", ErrorKind::denied, "the user is disabled in this environment; let it be enabled"},
    {"0x80042f09", ErrorKind::denied,
     "the user has no security role in this environment: give it one (Power Platform admin center > "
     "Environments > Settings > Application users)"},
    {"0x80072560", ErrorKind::denied,
     "who logged in is no user of this environment: add the app of 'client-id' as an application user (Power "
     "Platform admin center > Environments > Settings > Application users), or look at 'server'"},
    {"0x80095ffc", ErrorKind::denied,
     "an administrator has blocked the app of 'client-id' in this environment"},
    {"0x8004a101", ErrorKind::denied, "the access token was not understood"},
    {"0x8004a102", ErrorKind::denied, "the access token was not understood"},
    {"0x80041d52", ErrorKind::expired, "the access token has expired"},
    {"0x80044300", ErrorKind::denied, "the access token was refused"},
    {"0x80044302", ErrorKind::denied, "the access token was refused"},
    {"0x80040216", ErrorKind::unavailable, "Dynamics failed; try again"},
    {"0x80040224", ErrorKind::unavailable, "the environment's own code failed; try again"},
    {"0x80040265", ErrorKind::invalid, "the environment's own code refused it"},
    {"0x80044150", ErrorKind::unavailable, "the environment's database failed; try again"},
    {"0x80044151", ErrorKind::unavailable,
     "it took the environment's database too long; ask for less, or lower 'page-size'"},
    {"0x80073000", ErrorKind::unavailable, "the environment's database can't be reached; try again"},
    {"0x8004a001", ErrorKind::unavailable, "the environment is busy; try again"},
    {"0x8004a104", ErrorKind::denied, "the environment is disabled; an administrator can enable it"},
    {"0x80081111", ErrorKind::unavailable, "the environment's own code took too long"},
    {"0x80044171", ErrorKind::unavailable, "the environment's own code took too long"},
    {"0x80072321", ErrorKind::throttled, pace},
    {"0x80072322", ErrorKind::throttled, pace},
    {"0x80072326", ErrorKind::throttled, pace},
    {"0x80072323", ErrorKind::throttled, pace},
    {"0x80072324", ErrorKind::throttled, pace},
    {"0x8005f103", ErrorKind::throttled, pace},
    {"0x8004430a", ErrorKind::expired, "result pages can't be gone on with: the read has to begin again"},
    {"0x8004112a", ErrorKind::expired, "result pages can't be gone on with: the read has to begin again"},
    {"0x80041129", ErrorKind::expired, "result pages can't be gone on with: the read has to begin again"},
    {"0x8004e023", ErrorKind::unsupported, "counts and sums end at 50,000 records"},
    {"0x80072491", ErrorKind::expired, feed_over},
    {"0x80072492", ErrorKind::expired, feed_over},
    {"0x80044352", ErrorKind::expired, feed_over},
    {"0x80040315", ErrorKind::unsupported, ""},
    {"0x8004418a", ErrorKind::invalid, "the request is too long: use fewer columns or a shorter filter"},
});

constexpr std::string_view app_of_client_id = "'client-id' and 'tenant': this tenant has no such app";
constexpr std::string_view log_in_again = "the login that was kept is worth nothing any more";
constexpr std::string_view multi_factor =
    "a person has to prove more than a password: use auth device or browser, or better certificate";
constexpr std::string_view too_busy = "try again later";

constexpr auto login_meanings = std::to_array<Meaning>({
    {"AADSTS7000215", ErrorKind::denied,
     "'client-secret' is wrong: give the secret's value, not its id, with --client-secret-file"},
    {"AADSTS7000222", ErrorKind::denied,
     "'client-secret' has expired: make another in the app registration (Certificates & secrets), or move to "
     "auth certificate"},
    {"AADSTS7000218", ErrorKind::denied,
     "the app wants a secret: give 'client-secret', or allow public client flows in the app registration "
     "(Authentication)"},
    {"AADSTS700025", ErrorKind::denied,
     "the app is a public client, which takes no secret: take 'client-secret' away"},
    {"AADSTS700027", ErrorKind::denied,
     "the app doesn't know the certificate, or 'private-key' is of another one: upload the account's "
     "certificate to the app (koppla account certificate writes it), or look at 'custom-key-identifier'"},
    {"AADSTS700024", ErrorKind::denied,
     "the signed login was outside its time: the certificate has expired, or this machine's clock is wrong"},
    {"AADSTS700030", ErrorKind::denied, "the certificate is not one that the app accepts: upload another"},
    {"AADSTS700023", ErrorKind::denied, "look at 'authority' and 'tenant': the login was meant for another"},
    {"AADSTS50013", ErrorKind::denied,
     "the signature was refused: look at 'private-key' and at the certificate in the app"},
    {"AADSTS700016", ErrorKind::denied, app_of_client_id},
    {"AADSTS700011", ErrorKind::denied, app_of_client_id},
    {"AADSTS7000112", ErrorKind::denied, "the app of 'client-id' is disabled in this tenant"},
    {"AADSTS90002", ErrorKind::denied,
     "look at 'tenant': there is no such tenant in this cloud ('authority')"},
    {"AADSTS900023", ErrorKind::denied, "look at 'tenant': it is neither a tenant's id nor its domain"},
    {"AADSTS50059", ErrorKind::denied, "set 'tenant'"},
    {"AADSTS500011", ErrorKind::denied, "look at 'server': this tenant has no environment with that address"},
    {"AADSTS500014", ErrorKind::denied, "Dynamics is disabled in this tenant"},
    {"AADSTS650057", ErrorKind::denied,
     "give the app the API permission Dynamics CRM > user_impersonation in its registration"},
    {"AADSTS65001", ErrorKind::denied,
     "nobody has consented to the app yet: let an administrator grant consent in the app registration (API "
     "permissions > Grant admin consent), or use auth browser once"},
    {"AADSTS70011", ErrorKind::invalid, "look at 'server': the login's scope is made of it"},
    {"AADSTS28002", ErrorKind::invalid, "look at 'server': the login's scope is made of it"},
    {"AADSTS700022", ErrorKind::invalid, "look at 'server': the login's scope is made of it"},
    {"AADSTS70003", ErrorKind::unsupported, "this way of logging in ('auth') is not allowed here"},
    {"AADSTS9001023", ErrorKind::denied, "set 'tenant' to the tenant's own id or domain"},
    {"AADSTS50126", ErrorKind::denied, "look at 'username' and 'password'"},
    {"AADSTS50034", ErrorKind::denied, "look at 'username' and 'tenant': this tenant has no such user"},
    {"AADSTS50053", ErrorKind::denied,
     "the user is locked after wrong passwords; wait, or let it be unlocked"},
    {"AADSTS50055", ErrorKind::denied, "the password has expired: set a new one, then 'password'"},
    {"AADSTS50057", ErrorKind::denied, "the user is disabled"},
    {"AADSTS50076", ErrorKind::denied, multi_factor},
    {"AADSTS50079", ErrorKind::denied, multi_factor},
    {"AADSTS50158", ErrorKind::denied, multi_factor},
    {"AADSTS53003", ErrorKind::denied,
     "a conditional access policy of the tenant forbids this login; ask the administrator, or use auth "
     "certificate"},
    {"AADSTS70000", ErrorKind::denied, log_in_again},
    {"AADSTS70008", ErrorKind::denied, log_in_again},
    {"AADSTS700082", ErrorKind::denied, log_in_again},
    {"AADSTS700084", ErrorKind::denied, log_in_again},
    {"AADSTS70043", ErrorKind::denied, log_in_again},
    {"AADSTS50173", ErrorKind::denied, log_in_again},
    {"AADSTS50078", ErrorKind::denied, log_in_again},
    {"AADSTS54005", ErrorKind::denied, "the code was used before: begin the login anew"},
    {"AADSTS501481", ErrorKind::denied, "the code is of another login: begin anew"},
    {"AADSTS50011", ErrorKind::denied,
     "put 'callback' into the app registration (Authentication > Mobile and desktop applications), word for "
     "word"},
    {"AADSTS70018", ErrorKind::denied, "the code was not entered right: begin the login anew"},
    {"AADSTS70019", ErrorKind::expired, "the code has expired: begin the login anew"},
    {"AADSTS50196", ErrorKind::throttled, "too many logins in short order; try again later"},
    {"AADSTS90055", ErrorKind::throttled, "the tenant has too many logins now; try again later"},
    {"AADSTS90012", ErrorKind::unavailable, too_busy},
    {"AADSTS90024", ErrorKind::unavailable, too_busy},
    {"AADSTS90006", ErrorKind::unavailable, too_busy},
    {"AADSTS90033", ErrorKind::unavailable, too_busy},
});

/// What OAuth's own names mean, where the refusal has no code that is known. [RFC 6749, 5.2; RFC 8628, 3.5]
constexpr auto oauth_meanings = std::to_array<Meaning>({
    {"invalid_client", ErrorKind::denied,
     "look at 'client-id', and at 'client-secret' or the certificate and 'private-key'"},
    {"invalid_grant", ErrorKind::denied, "look at 'auth', and at the user and its password"},
    {"interaction_required", ErrorKind::denied, multi_factor},
    {"unauthorized_client", ErrorKind::denied, "look at 'client-id', 'tenant' and 'auth'"},
    {"invalid_request", ErrorKind::denied, "look at 'tenant', 'auth' and 'client-id'"},
    {"invalid_resource", ErrorKind::denied, "look at 'server' and 'tenant'"},
    {"invalid_scope", ErrorKind::invalid, "look at 'server'"},
    {"unsupported_grant_type", ErrorKind::unsupported, "this way of logging in ('auth') is not allowed here"},
    {"access_denied", ErrorKind::denied, "the login was refused by the person or by the tenant"},
    {"authorization_declined", ErrorKind::denied, "the person declined it"},
    {"bad_verification_code", ErrorKind::denied, "begin the login anew"},
    {"expired_token", ErrorKind::expired, "the code has expired: begin the login anew"},
    {"temporarily_unavailable", ErrorKind::unavailable, too_busy},
});

/// "0x80040217" of "0x80040217", "80040217" or "-2147220969".
std::string code_in_hex(std::string_view code) {
    std::int64_t number = 0;
    std::string_view digits = code;
    const bool is_hex = digits.starts_with("0x") || digits.starts_with("0X");
    if (is_hex) digits.remove_prefix(2);
    const int base = is_hex || (digits.size() == 8 && digits.front() == '8') ? 16 : 10;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (fault != std::errc{} || end != digits.data() + digits.size()) return std::string{code};
    return fmt::format("0x{:08x}", static_cast<std::uint32_t>(number));
}

/// Locks, limits, and what the environment's database meets in passing.
constexpr auto passing_codes = std::to_array<std::string_view>(
    {"0x80071154", "0x80044339", "0x80044150", "0x80044151", "0x80073000", "0x8004a001", "0x80072321",
     "0x80072322", "0x80072326", "0x80072323", "0x80072324", "0x8005f103"});

/// The user is disabled, or no user at all; the environment is closed; the token is worth nothing.
constexpr auto account_codes = std::to_array<std::string_view>(
    {"0x80040225", "0x80042f09", "0x80072560", "0x80095ffc", "0x8004a104", "0x8004a110", "0x8004a101",
     "0x8004a102", "0x80041d52", "0x80044300", "0x80044302"});

bool is_passing(std::string_view code, int status) {
    if (std::ranges::find(passing_codes, code) != passing_codes.end()) return true;
    if (status == 408 || status == 429 || status == 502 || status == 503 || status == 504) return true;
    // A failure that has a name comes again; one without may have been the server's own.
    return status == 500 && code.empty();
}

/// The first "AADSTS" with its digits, or empty.
std::string entra_code_in(std::string_view text) {
    constexpr std::string_view mark = "AADSTS";
    const auto start = text.find(mark);
    if (start == std::string_view::npos) return {};
    auto end = start + mark.size();
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    return std::string{text.substr(start, end - start)};
}

/// Without the traces that follow the sentence.
std::string sentence_in(std::string_view text) {
    for (const std::string_view trace : {"\r", "\n", " Trace ID:"}) text = text.substr(0, text.find(trace));
    return std::string{text};
}

}  // namespace

Error error_of(const http::Response& response, std::string_view attempted) {
    Complaint complaint = odata::complaint_of(response.body);
    if (!complaint.symbol.empty()) complaint.symbol = code_in_hex(complaint.symbol);
    Meaning meaning = meaning_of(meanings, complaint.symbol, response.status);
    // Whatever its code says, 429 asks for a pause.
    if (response.status == 429) meaning = {"", ErrorKind::throttled, pace};
    // One that comes so far was refused again after a new login.
    if (response.status == 401)
        meaning = {"", ErrorKind::denied,
                   "it was refused again after a new login: look at 'server' and 'tenant'"};
    if (response.status == 403 && meaning.symbol.empty()) meaning.advice = roles;
    Error result = refusal(response.status, complaint, meaning, attempted);
    result.retry_after = http::retry_after(response.headers);
    return result;
}

RowFault row_fault_of(int status, std::string_view body) {
    Complaint complaint = odata::complaint_of(body);
    if (!complaint.symbol.empty()) complaint.symbol = code_in_hex(complaint.symbol);
    RowFault fault{.symbol = shown(complaint.symbol), .message = shown(complaint.text)};
    if (status == 401 || std::ranges::find(account_codes, complaint.symbol) != account_codes.end())
        fault.reach = RowFault::Reach::account;
    else if (is_passing(complaint.symbol, status))
        fault.reach = RowFault::Reach::passing;
    if (fault.message.empty()) fault.message = meaning_of_status(status).advice;
    if (fault.message.empty()) fault.message = "Dynamics refused it without a word";
    if (fault.symbol.empty()) fault.symbol = fmt::format("HTTP {}", status);
    return fault;
}

Error login_error_of(const http::Response& response, std::string_view attempted) {
    if (is_web_page(response.body)) return web_page_error(attempted);
    Complaint complaint = login_complaint_of(response.body);
    const std::string code = entra_code_in(complaint.text);
    Meaning meaning = meaning_of(oauth_meanings, complaint.symbol, response.status);
    if (const auto* known = std::ranges::find(login_meanings, code, &Meaning::symbol);
        known != login_meanings.end())
        meaning = *known;
    if (meaning.symbol.empty() && response.status == 404)
        meaning.advice = "look at 'authority' and 'tenant': there is no login there";
    complaint.text = sentence_in(complaint.text);
    if (!code.empty()) complaint.symbol = code;
    Error result = refusal(response.status, complaint, meaning, attempted);
    result.retry_after = http::retry_after(response.headers);
    return result;
}

std::string oauth_error_of(const http::Response& response) {
    return login_complaint_of(response.body).symbol;
}

}  // namespace koppla::dynamics
