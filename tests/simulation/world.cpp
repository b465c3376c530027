#include "simulation/world.h"

#include "crm/salesforce/connector.h"
#include "platform/accounts.h"
#include "platform/store.h"
#include "sandbox/fixture.h"
#include "wizard/tables.h"

#include <array>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::simulation {

namespace {

/// For what can't fail unless the test itself is broken.
template <class T>
T sure(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().message};
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A job is over before anything else happens: its thread's pace must not matter.
void finish_jobs(sandbox::Services& services) {
    for (const auto& job : services.jobs.list()) {
        for (auto now = services.jobs.find(job.id); now && !now->is_over(); now = services.jobs.find(job.id))
            std::this_thread::yield();
    }
}

constexpr std::array<std::string_view, 2> objects = {"Account", "Contact"};

std::map<std::string, std::int64_t> records(std::int64_t rows) {
    std::map<std::string, std::int64_t> wanted;
    for (const std::string_view object : objects) wanted.emplace(object, rows);
    return wanted;
}

/// Every kind of field, texts of every sort, and what no record goes without.
constexpr std::string_view fields_kept =
    " Id IsDeleted Name LastName Username IsActive OwnerId CreatedDate CreatedById LastModifiedDate "
    "LastModifiedById SystemModstamp ExtKey__c ParentId AccountId Description Type AnnualRevenue OpensAt__c "
    "NumberOfEmployees CreditLimit__c Depot__Latitude__s Level__c Interests__c Birthdate LastCall__c "
    "Discount__c Vip__c ";

/// The object's describe with these fields only.
std::string cut(const sandbox::Object& object) {
    auto describe = nlohmann::ordered_json::parse(object.describe_json());
    auto kept = nlohmann::ordered_json::array();
    for (auto& field : describe["fields"]) {
        const auto name = fmt::format(" {} ", field["name"].get<std::string>());
        if (fields_kept.find(name) != std::string_view::npos) kept.push_back(std::move(field));
    }
    describe["fields"] = std::move(kept);
    return describe.dump();
}

}  // namespace

SandboxOrg::SandboxOrg(const std::filesystem::path& state, const Clock& clock) : clock_{clock} {
    org_ = sure(sandbox::Org::open({.state = state}, clock_));
    services_ = std::make_unique<sandbox::Services>(
        *org_, clock_, sandbox::make_credentials(org_->organization_id(), org_->username()),
        state.string() + ".spool");
    services_->url = "https://127.0.0.1:8443";
    face_ = std::make_unique<sandbox::Face>(*services_, sandbox::Control::offered);
}

model::Settings SandboxOrg::settings() const {
    return {{"server", services_->url},
            {"auth", "client-credentials"},
            {"client-id", services_->credentials.client_id}};
}

Secrets SandboxOrg::secrets() const {
    return {{"client-secret", Secret{services_->credentials.client_secret}}};
}

void Network::note(std::string_view text) {
    for (const char c : text) trace = (trace ^ static_cast<unsigned char>(c)) * 1099511628211U;
}

Result<http::Response> Network::send(const http::Request& request, http::BodySink& sink, const Call& call) {
    if (fate != nullptr && fate->is_dead) return Fate::killed();
    if (call.is_over()) return call.cancelled("sending");
    ++requests;
    note(request.method + request.target);
    if (before_each) before_each();
    if (fate != nullptr && fate->requests_left-- == 0) {
        fate->stop.request_stop();
        note("stopped");
        // Before it is sent, or while the answer is on its way.
        if (chance_.strikes(0.5)) return call.cancelled("sending");
    }
    if (chance_.strikes(refusals)) {
        ++refused;
        return error(ErrorKind::unavailable, "the connection was refused");
    }
    return carry_out(request, sink, call);
}

Result<http::Response> Network::carry_out(const http::Request& request, http::BodySink& sink,
                                          const Call& call) {
    const auto url = http::parse_url(request.target);
    if (!url) return error(ErrorKind::invalid, "no URL: " + request.target);
    http::Request received = TRY(http::with_whole_body(request));
    received.target = url->path_and_query;
    sandbox::Recorder answer;
    org_.face().answer(received, answer);
    finish_jobs(org_.services());

    http::Response response = std::move(answer.response_);
    note(std::to_string(response.status));
    if (answer.was_cut_ && response.status == 0)
        return error(ErrorKind::in_doubt, "the connection was cut before an answer came");
    if (response.status >= 200 && response.status <= 299) {
        const std::string body = std::exchange(response.body, {});
        TRY(deliver(body, sink, call));
    }
    if (answer.was_cut_) return error(ErrorKind::in_doubt, "the connection was cut within the answer");
    return response;
}

Result<void> Network::deliver(std::string_view body, http::BodySink& sink, const Call& call) {
    const auto piece_max = std::int64_t{1} << chance_.between(4, 16);
    while (!body.empty()) {
        if (call.is_over()) return call.cancelled("receiving");
        const auto piece = std::min(body.size(), static_cast<std::size_t>(chance_.between(1, piece_max)));
        TRY(sink.put(body.substr(0, piece)));
        body.remove_prefix(piece);
    }
    return {};
}

/// An org of few fields: it opens faster.
void Templates::make_folder() {
    const SimulatedClock clock;
    const auto whole = sure(sandbox::Org::open({.state = folder_ / "whole.db"}, clock));
    std::filesystem::create_directories(folder_ / "org/describe");
    for (const std::string_view object : {"Account", "Contact", "User", "Organization"})
        (void)folder_.write(fmt::format("org/describe/{}.json", object), cut(*whole->find(object)));
}

std::filesystem::path Templates::org(const std::filesystem::path& folder, std::int64_t rows) {
    const auto made = folder_ / ("org" + std::to_string(rows) + ".db");
    if (!std::filesystem::exists(made)) {
        if (!std::filesystem::exists(folder_ / "org")) make_folder();
        const SimulatedClock clock;
        sure(sandbox::Org::open({.state = made, .records = records(rows), .folder = folder_ / "org"}, clock));
    }
    auto copy = folder / "org.db";
    std::filesystem::copy_file(made, copy);
    return copy;
}

std::filesystem::path Templates::store(const std::filesystem::path& folder) {
    if (!std::filesystem::exists(folder_ / "koppla.db")) make_store();
    for (const std::string_view name : {"koppla.db", "koppla.db.key"})
        std::filesystem::copy_file(folder_ / name, folder / std::string{name});
    return folder / "koppla.db";
}

void Templates::make_store() {
    SimulatedClock clock;
    SandboxOrg sandbox{org(folder_, 1), clock};
    Network network{sandbox, Chance{1}};
    salesforce::test::MemoryTokens tokens;
    const auto connector = sure(salesforce::account_type.connect({.settings = sandbox.settings(),
                                                                  .secrets = sandbox.secrets(),
                                                                  .client = network,
                                                                  .tokens = tokens,
                                                                  .clock = clock,
                                                                  .account = std::string{account}}));
    const auto store = sure(Store::create("sqlite:" + (folder_ / "koppla.db").string(), {}, {}));
    {
        const auto transaction = sure(store->database().begin(db::Access::write, {}));
        sure(Accounts{*transaction, store->vault()}.create(
            {.name = std::string{account}, .type = "salesforce", .settings = sandbox.settings()}));
        sure(transaction->commit());
    }
    std::vector<ChosenObject> chosen;
    for (const std::string_view object : objects) {
        const std::vector<DescribeRequest> requests = {{.object = std::string{object}}};
        auto described = sure(std::move(sure(connector->describe(requests, {})).front()));
        chosen.push_back({.schema = std::move(described.schema), .source = std::move(described.source)});
    }
    sure(take_in(store->database(), std::string{account}, std::move(chosen), Impact::safe, clock, {}));
}

}  // namespace koppla::simulation
