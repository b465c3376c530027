#include "crm/odata/connector.h"

#include "base/guarded.h"
#include "base/stable_hash.h"
#include "crm/odata/csdl.h"
#include "crm/odata/filter.h"
#include "crm/odata/metadata.h"
#include "crm/odata/pages.h"
#include "crm/odata/query.h"
#include "crm/odata/service.h"
#include "crm/odata/settings.h"
#include "crm/odata/tuning.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace koppla::odata {

namespace {

/// The metadata as they were read, and what tells them from others.
struct Model {
    Csdl csdl;
    std::string version;
    std::chrono::steady_clock::time_point read_at;
};

class Connector final : public CrmConnector {
  public:
    Connector(AccountSettings account, std::vector<std::string> index_fields, ConnectorParts parts)
        : page_size_{account.page_size},
          index_fields_{std::move(index_fields)},
          clock_{parts.clock},
          service_{std::move(account), std::move(parts)} {}

    [[nodiscard]] const Abilities& abilities() const override { return abilities_; }
    [[nodiscard]] Usage usage() const override { return service_.usage(); }
    Result<Identity> check(const Call& call) override { return service_.check(call); }
    Result<Instant> now(const Call& call) override { return service_.now(call); }
    Result<std::vector<ObjectSummary>> objects(const Call& call) override {
        return object_summaries((*TRY(model(call))).csdl);
    }
    Result<std::vector<Result<Described>>> describe(std::span<const DescribeRequest> requests,
                                                    const Call& call) override;
    Result<std::vector<Sight>> look_for(std::span<const Member> members, const Call&) override {
        return std::vector<Sight>(members.size(), Sight::unknown);
    }
    [[nodiscard]] Result<std::string> condition(const model::Filter& filter,
                                                const model::ObjectSchema& object,
                                                Instant now) const override {
        return odata_condition(filter, object, now, Dialect::plain);
    }
    Result<ReadPlan> plan(const ReadRequest& request, const Call& call) override;
    Result<PartEnd> read(const ReadRequest& request, const Part& part, BatchSink& sink,
                         const Call& call) override;

  private:
    Result<std::shared_ptr<const Model>> model(const Call& call);
    [[nodiscard]] int page_rows(const ReadRequest& request) const;

    const Abilities abilities_{.objects_per_describe = tuning::objects_per_describe};
    const int page_size_;
    const std::vector<std::string> index_fields_;
    const Clock& clock_;
    Service service_;
    Guarded<std::shared_ptr<const Model>> model_;
};

/// One document holds everything: it is read once for what a person does in one go.
Result<std::shared_ptr<const Model>> Connector::model(const Call& call) {
    auto kept = model_.with([](const auto& value) { return value; });
    if (kept && clock_.steady() - kept->read_at < tuning::metadata_kept) return kept;
    const Ask ask{
        .path = "$metadata", .headers = {{"Accept", "application/xml"}}, .attempted = "reading $metadata"};
    const http::Response response = TRY(service_.session().send_text(ask, call));
    auto fresh = std::make_shared<Model>(Model{.csdl = TRY(Csdl::of(response.body)),
                                               .version = fmt::format("{:016x}", stable_hash(response.body)),
                                               .read_at = clock_.steady()});
    model_.with([&](auto& value) { value = fresh; });
    return std::shared_ptr<const Model>{std::move(fresh)};
}

Result<std::vector<Result<Described>>> Connector::describe(std::span<const DescribeRequest> requests,
                                                           const Call& call) {
    const std::shared_ptr<const Model> model = TRY(this->model(call));
    std::vector<Result<Described>> results;
    for (const DescribeRequest& request : requests) {
        if (request.known_version == model->version) {
            results.emplace_back(
                Described{.schema = {}, .version = model->version, .source = {}, .is_unchanged = true});
            continue;
        }
        auto schema = object_schema(model->csdl, request.object, index_fields_);
        if (!schema) {
            results.emplace_back(schema.error());
            continue;
        }
        schema->version = model->version;
        // Of the document only what concerns the object is kept, in our own words.
        std::string source = to_json(*schema);
        results.emplace_back(
            Described{.schema = std::move(*schema), .version = model->version, .source = std::move(source)});
    }
    return results;
}

int Connector::page_rows(const ReadRequest& request) const {
    int rows = tuning::page_rows(request.fields.size());
    if (page_size_ > 0) rows = std::min(rows, page_size_);
    if (request.row_limit) rows = static_cast<int>(std::min<std::int64_t>(rows, *request.row_limit));
    return rows;
}

Result<ReadPlan> Connector::plan(const ReadRequest& request, const Call&) {
    if (request.path == ReadPath::bulk) {
        return error(ErrorKind::unsupported,
                     fmt::format("{}: OData has no interface for reading in bulk; records "
                                 "come page by page",
                                 request.object->name));
    }
    const QueryOptions options{.dialect = Dialect::plain};
    TRY(request.by_feed ? feed_path(request, options) : query_path(request, options));
    return ReadPlan{
        .parts = {Part{.position = Position{}.text()}},
        .calls_expected = 1,
        .why = fmt::format("page by page, {} rows a page or as the service likes", page_rows(request))};
}

Result<PartEnd> Connector::read(const ReadRequest& request, const Part& part, BatchSink& sink,
                                const Call& call) {
    const Position position = TRY(Position::of(part.position));
    if (position.stage == Position::Stage::done) return PartEnd{.feed_mark = position.link};
    const QueryOptions options{.dialect = Dialect::plain};
    std::string path = TRY(request.by_feed ? feed_path(request, options) : query_path(request, options));
    if (request.by_feed && !request.feed_mark.empty()) path = request.feed_mark;
    const Preferences preferences{.page_rows = page_rows(request), .is_feed = request.by_feed};
    const Paging paging{.first = std::move(path),
                        .headers = {{"Prefer", prefer(preferences)}},
                        .page = position.stage == Position::Stage::page ? position.link : std::string{},
                        .rows = part.rows,
                        .bytes_max = tuning::page_bytes_max,
                        .mark_of = [](const std::string& link) -> Result<std::string> { return link; }};
    auto end = read_pages(service_.session(), request, paging, sink, call);
    if (end || !request.by_feed || request.feed_mark.empty()) return end;
    Error failure = end.error();
    // What a delta link leads to is kept for some time only. [OData Protocol 4.0, 11.3.3]
    if (failure.kind == ErrorKind::expired || failure.kind == ErrorKind::not_found) {
        failure.kind = ErrorKind::expired;
        failure.symbol = "FEED_EXPIRED";
    }
    return failure;
}

constexpr std::array<std::string_view, 2> examples = {
    "--server https://services.acme.example/odata/v4/shop --auth none",
    "--server https://services.acme.example/odata/v4/shop \\\n"
    "      --auth basic --username USER --password-file password.txt"};

Result<std::unique_ptr<CrmConnector>> connect(ConnectorParts parts) {
    AccountSettings account = TRY(account_settings(parts.settings, parts.secrets));
    account.name = parts.account;
    const auto listed = parts.settings.find("index-fields");
    std::vector<std::string> index_fields =
        names_in(listed == parts.settings.end() ? index_fields_usual : std::string_view{listed->second});
    return std::unique_ptr<CrmConnector>{
        std::make_unique<Connector>(std::move(account), std::move(index_fields), std::move(parts))};
}

}  // namespace

const AccountType account_type = {.name = "odata",
                                  .label = "OData 4.0",
                                  .options = options(),
                                  .examples = examples,
                                  .check_settings = check_settings,
                                  .missing = missing,
                                  .check_secrets = check_secrets,
                                  .notices = notices,
                                  .needs_person = needs_person,
                                  .login_settings = login_settings(),
                                  .signing = signing,
                                  .signing_options = "",
                                  .certificate_steps = "",
                                  .allowed_hosts = allowed_hosts,
                                  .connect = connect,
                                  .log_in_by_person = log_in_by_person};

}  // namespace koppla::odata
