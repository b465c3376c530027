#include "crm/odata/service.h"

#include "crm/odata/errors.h"
#include "crm/signing.h"
#include "http/retrying.h"

#include <atomic>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::odata {

namespace {

constexpr http::RetryPolicy retries{};

/// Sends what the account holds; nothing of that can be renewed.
class FixedSender final : public Sender {
  public:
    explicit FixedSender(const AccountSettings& account) {
        if (account.flow == Flow::basic) {
            const std::string pair = fmt::format("{}:{}", account.username, account.password.reveal());
            authorization_ = Secret{"Basic " + base64(pair)};
        } else if (account.flow == Flow::bearer) {
            authorization_ = Secret{"Bearer " + account.access_token.reveal()};
        }
    }
    Result<http::Response> send(const SendWith& send, const Call& /*call*/) override {
        if (authorization_.is_empty()) return send({});
        return send({{"Authorization", authorization_.reveal()}});
    }

  private:
    Secret authorization_;
};

/// Counts what the service served. Thread-safe.
class Counted final : public http::Client {
  public:
    explicit Counted(http::Client& client) : client_{client} {}
    Result<http::Response> send(const http::Request& request, http::BodySink& sink,
                                const Call& call) override {
        auto outcome = client_.send(request, sink, call);
        if (outcome) ++calls_;
        return outcome;
    }
    [[nodiscard]] std::int64_t calls() const { return calls_; }

  private:
    http::Client& client_;
    std::atomic<std::int64_t> calls_ = 0;
};

Error error_with_advice(const http::Response& response, std::string_view attempted) {
    Error result = error_of(response, attempted);
    if (response.status == 401) {
        result.kind = ErrorKind::denied;
        result.message += "; look at 'auth', and at 'username' and 'password' or 'access-token'";
    }
    return result;
}

}  // namespace

struct Service::Parts {
    Parts(AccountSettings settings, ConnectorParts parts)
        : account{std::move(settings)},
          clock{parts.clock},
          counted{parts.client},
          retrying{counted, parts.clock, retries, std::move(parts.tell)},
          sender{account},
          session{{.root = account.root,
                   // Version 4.0 is asked for because 4.01 services answer links and deletions differently.
                   .headers = {{"Accept", "application/json"}, {"OData-MaxVersion", "4.0"}},
                   .client = retrying,
                   .sender = sender,
                   .error_of = error_with_advice}} {}

    const AccountSettings account;
    const Clock& clock;
    Counted counted;
    http::Retrying retrying;
    FixedSender sender;
    Session session;
};

Service::Service(AccountSettings account, ConnectorParts parts)
    : parts_{std::make_unique<Parts>(std::move(account), std::move(parts))} {}

Service::~Service() = default;

Session& Service::session() {
    return parts_->session;
}

Usage Service::usage() const {
    return {.charged_calls = parts_->counted.calls(), .allowance_used = {}, .allowance_max = {}};
}

Result<http::Response> Service::service_document(std::string_view attempted, const Call& call) {
    return parts_->session.send_text({.path = "", .attempted = std::string{attempted}}, call);
}

Result<Instant> Service::now(const Call& call) {
    const http::Response answer = TRY(service_document("asking for the time", call));
    const auto date = answer.headers.find("Date");
    if (!date) {
        return error(ErrorKind::corrupt, fmt::format("asking {} for the time failed: its answer has no date",
                                                     parts_->account.root));
    }
    auto instant = parse_http_date(*date);
    if (!instant)
        return instant.error().with_context(fmt::format("asking {} for the time", parts_->account.root));
    return *instant;
}

Result<Identity> Service::check(const Call& call) {
    const Clock& clock = parts_->clock;
    const AccountSettings& account = parts_->account;
    // The first answer may take as long as its connection takes to be made.
    const http::Response document = TRY(service_document("reading the service document", call));
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::array sets;
    const bool is_document = parser.parse(document.body).get(root) == simdjson::SUCCESS &&
                             root["value"].get(sets) == simdjson::SUCCESS;
    const std::string_view version = document.headers.find("OData-Version").value_or("");
    if (!is_document || !(version.empty() || version.starts_with("4."))) {
        return error(ErrorKind::unsupported,
                     fmt::format("{} answered with something else than the service document of OData 4; look "
                                 "at 'server': it is the service's root, where $metadata is too",
                                 account.root));
    }
    const auto sent = clock.steady();
    const Instant sent_at = clock.now();
    const Instant theirs = TRY(now(call));
    Identity identity{.user = account.flow == Flow::basic ? account.username : std::string{"nobody by name"},
                      .organization = parts_->account.root,
                      .organization_id = fmt::format("{} entity sets", sets.size()),
                      .server = account.root,
                      .api_version = version.empty() ? std::string{"4"} : std::string{version}};
    identity.round_trip = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - sent);
    // The header is cut to seconds and was written half a round trip ago: within half a second of the truth.
    identity.clock_difference = theirs + std::chrono::milliseconds{500} - (sent_at + identity.round_trip / 2);
    return identity;
}

}  // namespace koppla::odata
