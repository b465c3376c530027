#pragma once

#include "crm/salesforce/test/org.h"
#include "crm/writing.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace koppla::salesforce::test {

/// A contact of which most fields can be written.
inline model::ObjectSchema writable_contact() {
    using model::Kind;
    const auto field = [](std::string name, Kind kind) {
        model::FieldSchema made{
            .name = std::move(name), .label = "", .remote_type = "", .type = {.kind = kind}};
        made.is_createable = made.is_updateable = true;
        return made;
    };
    model::ObjectSchema schema{.name = "Contact", .label = "Contact", .key = "Id", .stamp = "SystemModstamp"};
    schema.removal_flag = "IsDeleted";
    schema.is_writable = true;
    schema.fields = {field("Id", Kind::identifier),
                     field("LastName", Kind::text),
                     field("Email", Kind::text),
                     field("Ext__c", Kind::text),
                     field("AccountId", Kind::reference),
                     field("OwnerId", Kind::reference),
                     field("Amount__c", Kind::decimal),
                     field("Active__c", Kind::boolean),
                     field("Birthdate", Kind::date),
                     field("Total__c", Kind::decimal),
                     field("Origin__c", Kind::text),
                     field("IsDeleted", Kind::boolean),
                     field("SystemModstamp", Kind::instant),
                     field("Old__c", Kind::text)};
    const auto of = [&](std::string_view name) -> model::FieldSchema& {
        return *std::ranges::find(schema.fields, name, &model::FieldSchema::name);
    };
    for (const std::string_view name : {"Id", "IsDeleted", "SystemModstamp"})
        of(name).is_createable = of(name).is_updateable = false;
    of("Id").is_unique = of("Ext__c").is_unique = true;
    of("AccountId").targets = {"Account"};
    of("OwnerId").targets = {"Group", "User"};
    of("Total__c").is_calculated = true;
    of("Origin__c").is_updateable = false;
    of("Old__c").is_parked = true;
    return schema;
}

/// Columns by name; "AccountId.Ext__c" names the parent by a field, "OwnerId:User.Username" one of several.
inline std::vector<WriteColumn> columns(const model::ObjectSchema& object,
                                        const std::vector<std::string>& names) {
    std::vector<WriteColumn> made;
    for (const std::string& name : names) {
        const auto dot = name.find('.');
        const auto colon = name.find(':');
        WriteColumn column{.field = object.find(name.substr(0, std::min(dot, colon)))};
        if (colon != std::string::npos) column.target_object = name.substr(colon + 1, dot - colon - 1);
        if (dot != std::string::npos) column.target_key = name.substr(dot + 1);
        made.push_back(std::move(column));
    }
    return made;
}

/// Rows of a test, numbered from 100 on, some at a time: "~" is absent, "-" null.
class TableRows final : public RowSource {
  public:
    explicit TableRows(std::vector<std::vector<std::string>> table, std::size_t at_once = 3)
        : rows{std::move(table)}, at_once_{at_once} {}

    Result<void> rewind() override {
        ++rewinds;
        at_ = 0;
        is_at_end_ = false;
        return {};
    }
    Result<std::optional<WriteRows>> next() override {
        if (failure) return *failure;
        is_at_end_ = at_ == rows.size();
        if (is_at_end_) return std::optional<WriteRows>{};
        const std::size_t count = std::min(at_once_, rows.size() - at_);
        batch_ = {};
        batch_.recycle(rows.front().size());
        numbers_.clear();
        for (std::size_t row = at_; row < at_ + count; ++row) {
            for (const std::string& cell : rows[row]) {
                batch_.push(cell == "~"   ? model::Cell{}
                            : cell == "-" ? model::Cell::null()
                                          : model::Cell::of(batch_.keep(cell)));
            }
            numbers_.push_back(100 + static_cast<std::int64_t>(row));
        }
        at_ += count;
        return std::optional<WriteRows>{WriteRows{.batch = batch_, .numbers = numbers_}};
    }

    /// Whether nothing was the last answer.
    [[nodiscard]] bool is_at_end() const { return is_at_end_; }

    std::vector<std::vector<std::string>> rows;
    std::optional<Error> failure;
    int rewinds = 0;

  private:
    bool is_at_end_ = false;
    std::size_t at_once_;
    std::size_t at_ = 0;
    model::Batch batch_;
    std::vector<std::int64_t> numbers_;
};

/// Keeps what is told: "done 003… created", "refused SYMBOL: message [fields]", "postponed …".
class TextResults final : public WriteSink {
  public:
    Result<void> named(std::string_view reference) override {
        names.emplace_back(reference);
        if (on_named) on_named();
        return {};
    }
    Result<void> settled(std::span<const WriteResult> results) override {
        if (failure) return *failure;
        for (const WriteResult& each : results) {
            EXPECT_FALSE(rows.contains(each.row)) << "row " << each.row << " is told of twice";
            constexpr std::array<std::string_view, 3> outcomes = {"done", "refused", "postponed"};
            std::string text{outcomes.at(static_cast<std::size_t>(each.outcome))};
            if (!each.id.empty()) text += fmt::format(" {}", each.id);
            if (each.is_created) text += " created";
            if (!each.symbol.empty()) text += fmt::format(" {}: {}", each.symbol, each.message);
            if (!each.fields.empty()) text += fmt::format(" [{}]", each.fields);
            rows[each.row] = std::move(text);
        }
        return {};
    }
    void note(std::string_view text) override { notes.emplace_back(text); }

    std::map<std::int64_t, std::string> rows;
    std::vector<std::string> names, notes;
    std::function<void()> on_named;
    std::optional<Error> failure;
};

using Told = std::map<std::int64_t, std::string>;

/// A request whose columns are named; what it is about outlives it.
inline WriteRequest request(const model::ObjectSchema& object, WritePath path, WriteOperation operation,
                            std::string key, const std::vector<std::string>& names) {
    return {.object = &object,
            .operation = operation,
            .key = std::move(key),
            .columns = columns(object, names),
            .path = path};
}

}  // namespace koppla::salesforce::test
