#include "sandbox/serve.h"

#include "http/certificate.h"
#include "http/server.h"
#include "sandbox/face.h"
#include "sandbox/files.h"
#include "sandbox/services.h"
#include "sandbox/web/signature.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

std::filesystem::path beside(const std::filesystem::path& state, std::string_view ending) {
    auto path = std::filesystem::absolute(state);
    path += ending;
    return path;
}

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address == "localhost";
}

/// The authority is made once, so that clients which trust it go on trusting it.
Result<http::Certificate> authority_beside(const std::filesystem::path& state) {
    const auto certificate_file = beside(state, ".ca.pem");
    const auto key_file = beside(state, ".ca.key");
    auto certificate = TRY(read_file(certificate_file));
    auto key = TRY(read_file(key_file));
    if (certificate && key) return http::Certificate{std::move(*certificate), std::move(*key)};
    auto authority =
        TRY(http::make_authority(http::CertificateRequest{.common_name = "koppla-sandbox CA", .names = {}}));
    TRY(replace_file(key_file, authority.private_key_pem, Readers::owner));
    TRY(replace_file(certificate_file, authority.certificate_pem, Readers::everybody));
    return authority;
}

Result<http::Listen> listening(const ServeOptions& options) {
    const auto authority = TRY(authority_beside(options.org.state));
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    if (!is_loopback(options.address)) names.push_back(options.address);
    const auto server = TRY(http::make_server_certificate(
        http::CertificateRequest{.common_name = "koppla-sandbox", .names = std::move(names)}, &authority));
    const auto certificate_file = beside(options.org.state, ".server.pem");
    const auto key_file = beside(options.org.state, ".server.key");
    TRY(replace_file(key_file, server.private_key_pem, Readers::owner));
    TRY(replace_file(certificate_file, server.certificate_pem, Readers::everybody));
    return http::Listen{.address = options.address,
                        .port = options.port,
                        .certificate_file = certificate_file.string(),
                        .private_key_file = key_file.string()};
}

struct Kept {
    const char* name;
    std::string Credentials::*value;
};
constexpr std::array kept_credentials{Kept{"client_id", &Credentials::client_id},
                                      Kept{"client_secret", &Credentials::client_secret},
                                      Kept{"username", &Credentials::username},
                                      Kept{"password", &Credentials::password},
                                      Kept{"security_token", &Credentials::security_token},
                                      Kept{"access_token", &Credentials::access_token},
                                      Kept{"refresh_token", &Credentials::refresh_token}};

/// Made at the first start, read from the state afterwards.
Result<Credentials> credentials_of(Org& org) {
    auto credentials = make_credentials(org.organization_id(), org.username());
    for (const auto& kept : kept_credentials) {
        const auto name = std::string{"credentials."} + kept.name;
        auto& value = credentials.*kept.value;
        if (auto known = TRY(org.setting(name)))
            value = std::move(*known);
        else
            TRY(org.set_setting(name, value));
    }
    return credentials;
}

/// The key that clients sign assertions with: made at the first start, and known to the org by its public
/// half.
Result<std::string> assertion_key(const std::filesystem::path& state) {
    const auto file = beside(state, ".jwt.key");
    if (auto known = TRY(read_file(file))) return public_key_of(*known);
    const auto key = TRY(http::make_signing_key());
    TRY(replace_file(file, key.reveal(), Readers::owner));
    return public_key_of(key.reveal());
}

std::string url_of(const std::string& address, std::uint16_t port) {
    const bool is_v6 = address.find(':') != std::string::npos;
    return "https://" + (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Result<void> write_ready_file(const ServeOptions& options, const Services& services) {
    nlohmann::ordered_json salesforce{{"url", services.url},
                                      {"ca", beside(options.org.state, ".ca.pem").string()}};
    salesforce["private_key"] = beside(options.org.state, ".jwt.key").string();
    for (const auto& kept : kept_credentials) salesforce[kept.name] = services.credentials.*kept.value;
    const nlohmann::ordered_json ready{{"salesforce", salesforce}};
    return replace_file(*options.ready_file, ready.dump(2) + "\n", Readers::owner);
}

}  // namespace

struct Running::Parts {
    Parts(std::unique_ptr<ShiftedClock> time, std::unique_ptr<Org> organization, Credentials credentials,
          const ServeOptions& options)
        : clock{std::move(time)},
          org{std::move(organization)},
          services{*org, *clock, std::move(credentials), beside(options.org.state, ".spool")},
          face{services, is_loopback(options.address) ? Control::offered : Control::hidden} {}

    std::unique_ptr<ShiftedClock> clock;
    std::unique_ptr<Org> org;
    Services services;
    Face face;
    std::unique_ptr<http::Server> server;  ///< last: stops before what it asks
};

Running::Running(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Running::~Running() {
    // A stalled answer would keep the server's stop waiting.
    if (parts_) parts_->services.faults.clear();
}

Result<std::unique_ptr<Running>> Running::start(const ServeOptions& options, Clock& clock) {
    // One of an earlier start would be taken for this one's.
    std::error_code absent;
    if (options.ready_file) std::filesystem::remove(*options.ready_file, absent);
    auto shifted = std::make_unique<ShiftedClock>(clock);
    auto org = TRY(Org::open(options.org, *shifted));
    auto credentials = TRY(credentials_of(*org));
    const auto listen = TRY(listening(options));
    auto parts = std::make_unique<Parts>(std::move(shifted), std::move(org), std::move(credentials), options);
    parts->services.logins.set(AppSettings{.certificate_pem = TRY(assertion_key(options.org.state))});
    parts->server = TRY(http::Server::start(listen, parts->face));
    parts->services.url = url_of(options.address, parts->server->port());
    if (options.ready_file) TRY(write_ready_file(options, parts->services));
    return std::unique_ptr<Running>{new Running{std::move(parts)}};
}

const std::string& Running::url() const {
    return parts_->services.url;
}
const std::vector<std::string>& Running::misfits() const {
    return parts_->org->misfits();
}

}  // namespace koppla::sandbox
