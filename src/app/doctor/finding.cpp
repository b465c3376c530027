#include "app/doctor/finding.h"

#include "base/ascii.h"
#include "wizard/discovery.h"
#include "wizard/evolution.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

using namespace std::chrono_literals;

/// A signed login holds for two minutes; what a wrong clock does to its expiry starts long before that.
constexpr std::chrono::milliseconds clock_warn = 30s;
constexpr std::chrono::milliseconds clock_fail = 2min;

constexpr double allowance_warn = 0.8;
constexpr double allowance_fail = 0.95;

constexpr std::uintmax_t mib = std::uintmax_t{1} << 20U;
constexpr std::uintmax_t disk_free_fail = 100 * mib;
constexpr std::uintmax_t disk_free_warn = 1024 * mib;

/// The log is cut to 16 MiB after each checkpoint; one that stays longer has a reader that never ends.
constexpr std::uintmax_t journal_warn = 1024 * mib;

std::string in_megabytes(std::uintmax_t bytes) {
    return fmt::format("{} MB", bytes / mib);
}

std::string named(const std::vector<std::string>& names) {
    constexpr std::size_t shown_max = 10;
    const std::vector<std::string> shown{
        names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), shown_max))};
    return fmt::format("{}{}", fmt::join(shown, ", "),
                       names.size() > shown_max ? fmt::format(" and {} more", names.size() - shown_max) : "");
}

}  // namespace

std::string_view name(Level level) {
    switch (level) {
        case Level::ok:
            return "ok";
        case Level::warn:
            return "warn";
        case Level::fail:
            return "fail";
    }
    return "";
}

Finding judge_clock(std::chrono::milliseconds difference) {
    const auto off = std::chrono::abs(difference);
    const double seconds = static_cast<double>(off.count()) / 1000.0;
    if (off <= clock_warn) {
        return {.subject = "clock",
                .text = fmt::format("{:+.1f} s against this machine",
                                    static_cast<double>(difference.count()) / 1000.0)};
    }
    return {.level = off > clock_fail ? Level::fail : Level::warn,
            .subject = "clock",
            .text = fmt::format("this machine's clock is {:.0f} s {} the CRM's", seconds,
                                difference.count() > 0 ? "behind" : "ahead of"),
            .remedy = "set this machine's clock and keep it right: timedatectl set-ntp true"};
}

Finding judge_allowance(const Usage& usage) {
    if (!usage.allowance_used || !usage.allowance_max || *usage.allowance_max <= 0) {
        return {.subject = "API calls", .text = "the CRM doesn't tell how many are left"};
    }
    const double share =
        static_cast<double>(*usage.allowance_used) / static_cast<double>(*usage.allowance_max);
    const Level level = share > allowance_fail   ? Level::fail
                        : share > allowance_warn ? Level::warn
                                                 : Level::ok;
    return {.level = level,
            .subject = "API calls",
            .text = fmt::format("{} of {} used in the last 24 hours ({:.1f} %)", *usage.allowance_used,
                                *usage.allowance_max, 100.0 * share),
            .remedy = level == Level::ok
                          ? ""
                          : "find out who uses them, import less often, or buy more from the CRM's vendor"};
}

Finding judge_disk(const DiskUse& use) {
    // A merge may write as much again as it changes, and a compaction the whole store.
    const std::uintmax_t wanted = std::max(disk_free_warn, use.store_bytes / 10);
    const Level level = use.free_bytes < disk_free_fail ? Level::fail
                        : use.free_bytes < wanted       ? Level::warn
                                                        : Level::ok;
    return {.level = level,
            .subject = "disk",
            .text = fmt::format("{} free, the store has {}", in_megabytes(use.free_bytes),
                                in_megabytes(use.store_bytes)),
            .remedy = level == Level::ok ? "" : fmt::format("make room: {} or more", in_megabytes(wanted))};
}

Finding judge_journal(std::uintmax_t journal_bytes) {
    const std::string text = fmt::format("the write-ahead log has {}", in_megabytes(journal_bytes));
    if (journal_bytes <= journal_warn) return {.subject = "journal", .text = text};
    return {.level = Level::warn,
            .subject = "journal",
            .text = text,
            .remedy = "end the programs that keep the store open for reading, so that it can be cut down"};
}

std::vector<Finding> judge_schema(const SchemaView& view) {
    const std::string& object = view.recorded.name;
    if (!view.now) {
        const Error& why = view.now.error();
        const bool is_gone = why.kind == ErrorKind::not_found;
        return {{.level = Level::fail,
                 .subject = object,
                 .text = is_gone ? std::string{reason(view.sight)} : why.message,
                 .remedy = !is_gone                    ? ""
                           : view.sight == Sight::gone ? "its local table stays as it is"
                                                       : "give the user's permission set read access to the "
                                                         "object; if it was deleted, its local table stays "
                                                         "as it is"}};
    }
    const Evolution evolution = evolve(view.recorded, view.now->schema, "");
    const std::string wizard = fmt::format("koppla wizard {} --tables {}", view.account, object);
    std::vector<Finding> findings;
    for (const SchemaChange& change : evolution.changes) {
        if (change.impact == Impact::safe) continue;
        const std::string advice =
            change.what == "hidden" ? "give the user's permission set read access to the field, or: "
            : change.what == "gone" && !evolution.schema.hidden
                ? "give the user's permission set read access to the field; or, if it was deleted: "
                : "";
        findings.push_back(
            {.level = Level::fail,
             .subject = change.field.empty() ? object : fmt::format("{}.{}", object, change.field),
             .text = fmt::format("{}: {}", change.what, change.detail),
             .remedy = advice + wizard});
    }
    if (findings.empty()) {
        const auto fields = std::ranges::count(view.recorded.fields, false, &model::FieldSchema::is_parked);
        const std::size_t changes = evolution.changes.size();
        findings.push_back({.subject = object,
                            .text = changes == 0
                                        ? fmt::format("{} fields as recorded", fields)
                                        : fmt::format("{} fields; {} harmless change{}, taken over by {}",
                                                      fields, changes, changes == 1 ? "" : "s", wizard)});
    }
    return findings;
}

Finding judge_table(const model::ObjectSchema& recorded, const std::vector<std::string>& columns) {
    const std::string& table = recorded.local_table;
    if (columns.empty()) {
        return {
            .level = Level::fail,
            .subject = table,
            .text = fmt::format("the table of {} is not there", recorded.name),
            .remedy = fmt::format("make it again: koppla wizard ACCOUNT --tables {}, then import with --full",
                                  recorded.name)};
    }
    std::vector<std::string> missing;
    for (const model::FieldSchema& field : recorded.fields) {
        const auto is_its = [&](const std::string& column) {
            return equal_without_case(column, field.column);
        };
        if (!field.column.empty() && std::ranges::none_of(columns, is_its)) missing.push_back(field.column);
    }
    if (missing.empty())
        return {.subject = table, .text = fmt::format("{} columns as recorded", columns.size())};
    return {.level = Level::fail,
            .subject = table,
            .text = fmt::format("columns are not there: {}", named(missing)),
            .remedy = fmt::format(
                "add them again: koppla wizard ACCOUNT --tables {}, then import with --full", recorded.name)};
}

Finding judge_position(const PositionAge& position) {
    const auto in_days = [](auto duration) {
        return std::chrono::duration_cast<std::chrono::hours>(duration).count() / 24;
    };
    const auto days = in_days(position.age);
    const auto kept = in_days(position.deletions_kept);
    Finding finding{.subject = position.option,
                    .text = days == 0 ? "imported today" : fmt::format("imported {} days ago", days)};
    if (kept == 0) return finding;
    if (position.age > position.deletions_kept) {
        finding.level = Level::fail;
        finding.text += fmt::format(
            "; the CRM doesn't tell any more of records that were deleted over {} days ago, and the next "
            "import doesn't learn of them",
            kept);
        finding.remedy = fmt::format(
            "empty the table, then import {0} with --full; from then on import {0} at least every {1} days",
            position.object, kept);
    } else if (position.age > position.deletions_kept / 2) {
        finding.level = Level::warn;
        finding.remedy = fmt::format("import {} more often, at least every {} days", position.object, kept);
    }
    return finding;
}

}  // namespace koppla
