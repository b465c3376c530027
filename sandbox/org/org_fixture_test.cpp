#include "sandbox/org/org_fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

Org& OrgTest::open(std::map<std::string, std::int64_t> records, std::uint64_t seed,
                   std::filesystem::path org_folder) {
    org_.reset();
    auto org = Org::open({.state = folder_ / "org.db",
                          .seed = seed,
                          .records = std::move(records),
                          .folder = std::move(org_folder)},
                         clock_);
    if (!org) throw std::runtime_error{org.error().message};
    org_ = std::move(*org);
    return *org_;
}

namespace {

SaveResult saved(Org& org, Change change, std::string_view json) {
    const auto fields = nlohmann::json::parse(json);
    change.fields = &fields;
    auto result = org.save(change);
    return result ? *result
                  : SaveResult{.id = {},
                               .created = false,
                               .errors = {{result.error().symbol, result.error().message, {}}}};
}

}  // namespace

SaveResult OrgTest::create(std::string_view object, std::string_view json) {
    return saved(*org_, {.kind = Change::Kind::create, .object = org_->find(object)}, json);
}

SaveResult OrgTest::update(std::string_view object, std::string_view id, std::string_view json) {
    return saved(*org_, {.kind = Change::Kind::update, .object = org_->find(object), .id = std::string{id}},
                 json);
}

SaveResult OrgTest::upsert(std::string_view object, std::string_view key, std::string_view value,
                           std::string_view json) {
    return saved(*org_,
                 {.kind = Change::Kind::upsert,
                  .object = org_->find(object),
                  .key_field = std::string{key},
                  .key_value = std::string{value}},
                 json);
}

SaveResult OrgTest::remove(std::string_view object, std::string_view id) {
    return saved(*org_, {.kind = Change::Kind::remove, .object = org_->find(object), .id = std::string{id}},
                 "{}");
}

std::string OrgTest::made(std::string_view object, std::string_view json) {
    const SaveResult result = create(object, json);
    EXPECT_TRUE(result.success()) << json << ": " << first_status(result);
    return result.id;
}

std::string OrgTest::first_status(const SaveResult& result) {
    return result.success() ? std::string{"OK"}
                            : result.errors.front().status_code + ": " + result.errors.front().message;
}

std::string OrgTest::select(std::string_view soql, Rows rows) {
    const auto selection = org_->select(soql, {.rows = rows, .base = std::string{test_resources}});
    if (!selection) return selection.error().symbol + ": " + selection.error().message;
    std::string json = "[";
    const auto appended = (*selection)->append_json(json, 0, (*selection)->record_count());
    EXPECT_TRUE(appended.has_value());
    return json + "]";
}

std::string OrgTest::column(std::string_view soql, Rows rows) {
    const std::string text = select(soql, rows);
    const auto records = nlohmann::ordered_json::parse(text, nullptr, false);
    if (records.is_discarded()) return text.substr(0, text.find(':'));
    std::string joined;
    for (const auto& record : records) {
        const auto& value = std::next(record.begin()).value();
        joined += (joined.empty() ? "" : "|") + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return joined;
}

std::string OrgTest::csv(std::string_view soql, ExportOptions options) {
    const auto exported = org_->export_csv(soql, options);
    if (!exported) return exported.error().symbol + ": " + exported.error().message;
    std::string text = (*exported)->header();
    while (true) {
        const auto rows = (*exported)->next(text, 7);
        EXPECT_TRUE(rows.has_value());
        if (!rows || *rows == 0) return text;
    }
}

}  // namespace koppla::sandbox
