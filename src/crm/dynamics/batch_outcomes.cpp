#include "crm/dynamics/batch_outcomes.h"

#include "base/ascii.h"
#include "crm/dynamics/errors.h"
#include "crm/odata/filter.h"
#include "http/retrying.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

using Outcome = WriteResult::Outcome;
using odata::PartAnswer;

constexpr std::string_view duplicate_id = "0x80040237";
constexpr std::string_view no_record = "0x80040217";
constexpr std::string_view no_record_by_key = "0x80060891";
constexpr std::string_view invalid_value = "INVALID_VALUE";
constexpr std::string_view not_reached = "NOT_REACHED";
constexpr std::string_view made_before = "it was made by an earlier attempt";

/// The GUID of the record that an answer names, or empty: of "…/contacts(6f0a…)", not of an address by an
/// alternate key.
std::string named_record(const PartAnswer& answer) {
    auto address = answer.header("OData-EntityId");
    if (!address) address = answer.header("Location");
    if (!address || !address->ends_with(')')) return {};
    const auto open = address->rfind('(');
    if (open == std::string_view::npos) return {};
    return odata::guid(address->substr(open + 1, address->size() - open - 2)).value_or("");
}

bool is_good(const PartAnswer& answer) {
    return answer.status >= 200 && answer.status <= 299;
}

std::optional<std::chrono::milliseconds> pause_of(const PartAnswer& answer) {
    const auto asked = answer.header("Retry-After");
    if (!asked) return std::nullopt;
    http::Headers headers{{"Retry-After", std::string{*asked}}};
    if (const auto date = answer.header("Date")) headers.add("Date", std::string{*date});
    return http::retry_after(headers);
}

}  // namespace

Result<void> BatchOutcomes::take(std::span<SentRow> rows, std::span<const PartAnswer> answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!rows[i].has_guid || !is_good(answers[i])) continue;
        const std::string named = named_record(answers[i]);
        if (named.empty() || named == rows[i].id()) continue;
        return error(ErrorKind::corrupt,
                     fmt::format("the answer to the batch tells of record {} where {} was written", named,
                                 rows[i].id()));
    }
    if (note_privilege(answers)) return {};
    const bool is_too_much = !answers.empty() && std::ranges::all_of(answers, [](const PartAnswer& answer) {
        return answer.status == 429;
    });
    if (is_too_much) {
        throttled_ = error_of({.status = 429, .headers = {}, .body = std::string{answers.front().body}},
                              "writing records");
        for (const PartAnswer& answer : answers)
            throttled_->retry_after = std::max(throttled_->retry_after, pause_of(answer));
        return {};
    }
    for (std::size_t i = 0; i < answers.size(); ++i) take_one(rows[i], answers[i]);
    return {};
}

/// Where the user's roles lack a privilege on the table, no record of it could be written: nothing is gained
/// by refusing them one by one.
bool BatchOutcomes::note_privilege(std::span<const PartAnswer> answers) {
    const bool is_missing = !answers.empty() && std::ranges::all_of(answers, [](const PartAnswer& answer) {
        return answer.status == 403 && answer.body.find("is missing prv") != std::string_view::npos;
    });
    if (is_missing) note_account_error(answers.front());
    return is_missing;
}

void BatchOutcomes::note_account_error(const PartAnswer& answer) {
    if (account_error_) return;
    account_error_ = error_of({.status = answer.status, .headers = {}, .body = std::string{answer.body}},
                              "writing records");
    account_error_->kind = ErrorKind::denied;
}

void BatchOutcomes::take_one(SentRow& row, const PartAnswer& answer) {
    if (is_good(answer)) return take_good(row, answer);
    take_fault(row, answer);
}

void BatchOutcomes::take_good(SentRow& row, const PartAnswer& answer) {
    bool is_created = layout_.operation == WriteOperation::insert;
    if (layout_.wants_id()) {
        is_created = answer.status == 201;
        simdjson::dom::element root;
        std::string_view id;
        if (parser_.parse(simdjson::padded_string{answer.body}).get(root) == simdjson::SUCCESS &&
            root[layout_.id_name].get(id) == simdjson::SUCCESS) {
            row.set_id(odata::guid(id).value_or(""));
        }
    }
    if (!row.has_guid) row.set_id(named_record(answer));
    results_.push_back({.row = row.number, .is_created = is_created, .id = row.id()});
}

void BatchOutcomes::take_fault(const SentRow& row, const PartAnswer& answer) {
    RowFault fault = row_fault_of(answer.status, answer.body);
    if (fault.reach == RowFault::Reach::account) return note_account_error(answer);
    const bool is_ours = layout_.operation == WriteOperation::insert && row.has_guid;
    if (is_ours && answer.status == 412 && fault.symbol == duplicate_id) {
        unclear_.push_back(row);
        return;
    }
    const bool is_gone = fault.symbol == no_record || fault.symbol == no_record_by_key;
    Outcome outcome = fault.reach == RowFault::Reach::passing ? Outcome::postponed : Outcome::refused;
    if (layout_.operation == WriteOperation::remove && answer.status == 404 && is_gone)
        outcome = Outcome::done;
    const std::string_view message = keep(std::move(fault.message));
    results_.push_back({.row = row.number,
                        .outcome = outcome,
                        .id = row.id(),
                        .symbol = keep(std::move(fault.symbol)),
                        .message = message,
                        .fields = outcome == Outcome::refused ? keep(fields_in(message)) : ""});
}

void BatchOutcomes::take_found(std::span<const SentRow> rows, std::span<const PartAnswer> answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        WriteResult result{.row = rows[i].number, .id = rows[i].id(), .symbol = duplicate_id};
        if (is_good(answers[i])) {
            result.is_created = true;
            result.message = made_before;
        } else {
            // A record of ours may not be seen yet; asked again, it is answered the same way, and looked for
            // once more.
            result.outcome = Outcome::postponed;
            result.message =
                "there is a record of this identifier, or with another value that has to be "
                "unique, and it can't be seen";
        }
        results_.push_back(result);
    }
}

void BatchOutcomes::refuse(std::int64_t row, BatchBody::Unfit unfit) {
    results_.push_back({.row = row,
                        .outcome = Outcome::refused,
                        .symbol = invalid_value,
                        .message = keep(std::move(unfit.message)),
                        .fields = unfit.field});
}

void BatchOutcomes::postpone(std::int64_t row, std::string_view why) {
    results_.push_back({.row = row, .outcome = Outcome::postponed, .symbol = not_reached, .message = why});
}

std::string_view BatchOutcomes::keep(std::string text) {
    return texts_.emplace_back(std::move(text));
}

/// Those of the request's fields that stand in quotes in a message, with commas between.
std::string BatchOutcomes::fields_in(std::string_view message) const {
    std::vector<std::string_view> found;
    while (true) {
        const auto open = message.find('\'');
        if (open == std::string_view::npos) break;
        const auto close = message.find('\'', open + 1);
        if (close == std::string_view::npos) break;
        const std::string_view quoted = message.substr(open + 1, close - open - 1);
        const auto named = std::ranges::find_if(
            layout_.fields, [&](const std::string& field) { return equal_without_case(field, quoted); });
        const bool is_name = named != layout_.fields.end();
        if (is_name && std::ranges::find(found, *named) == found.end()) found.push_back(*named);
        // A quote that closed no name may open one: "the entity's 'name'".
        message.remove_prefix(is_name ? close + 1 : open + 1);
    }
    return fmt::format("{}", fmt::join(found, ","));
}

}  // namespace koppla::dynamics
