#include "transfer/staged_import.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

using nlohmann::json;

json instant_or_null(const std::optional<Instant>& instant) {
    return instant ? json(format_instant(*instant)) : json{};
}

Result<std::optional<Instant>> instant_from(const json& value) {
    if (value.is_null()) return std::optional<Instant>{};
    return std::optional{TRY(parse_instant(value.get<std::string>()))};
}

std::string dump(const json& document) {
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<StagedImport> read(const json& document) {
    StagedImport staged;
    document.at("question").get_to(staged.question);
    document.at("why").get_to(staged.why);
    document.at("lanes").get_to(staged.lanes);
    staged.window.from = TRY(instant_from(document.at("from")));
    staged.window.until = TRY(instant_from(document.at("until")));
    staged.window.next = TRY(parse_instant(document.at("next").get<std::string>()));
    document.at("conditions_done").get_to(staged.conditions_done);
    document.at("expected_before").get_to(staged.expected_before);
    staged.state = TRY(pump_state_from_json(document.at("state").get<std::string>()));
    for (const json& reject : document.at("rejects")) {
        staged.rejects.push_back({.key = reject.at("key"),
                                  .column = reject.at("column"),
                                  .message = reject.at("message"),
                                  .raw = reject.at("raw")});
    }
    return staged;
}

}  // namespace

std::string to_json(const StagedImport& staged) {
    json rejects = json::array();
    for (const model::RejectedRow& row : staged.rejects) {
        rejects.push_back(
            {{"key", row.key}, {"column", row.column}, {"message", row.message}, {"raw", row.raw}});
    }
    return dump({{"question", staged.question},
                 {"why", staged.why},
                 {"lanes", staged.lanes},
                 {"from", instant_or_null(staged.window.from)},
                 {"until", instant_or_null(staged.window.until)},
                 {"next", format_instant(staged.window.next)},
                 {"conditions_done", staged.conditions_done},
                 {"expected_before", staged.expected_before},
                 {"state", to_json(staged.state)},
                 {"rejects", std::move(rejects)}});
}

Result<StagedImport> staged_import_from_json(std::string_view text) {
    try {
        return read(json::parse(text));
    } catch (const json::exception& wrong) {
        return error(ErrorKind::corrupt,
                     fmt::format("what an import kept of itself is not readable: {}", wrong.what()));
    }
}

std::string question_of(const ReadRequest& request, const ImportPosition& position, std::int64_t after_run) {
    return dump({{"object", request.object->name},
                 {"fields", request.fields},
                 {"filter", request.filter},
                 {"index_field", request.index_field},
                 {"from", instant_or_null(request.from)},
                 {"order_by", request.order_by},
                 {"row_limit", request.row_limit.value_or(0)},
                 {"path", request.path},
                 {"by_feed", request.by_feed},
                 {"feed_mark", request.feed_mark},
                 {"conversions", position.conversions},
                 {"server", position.server},
                 {"after_run", after_run}});
}

Result<void> StagingConsumer::take(const PumpedBatch& batch) {
    for (const model::RejectedRow& row : batch.rejected) {
        if (staged_.rejects.size() == rejects_max) break;
        staged_.rejects.push_back(row);
        if (reject_bytes_ + row.raw.size() > reject_bytes_max) staged_.rejects.back().raw.clear();
        reject_bytes_ += staged_.rejects.back().raw.size();
    }
    return staging_.append(batch.batch);
}

Result<void> StagingConsumer::keep(const PumpState& state) {
    staged_.state = state;
    return staging_.keep(to_json(staged_));
}

}  // namespace koppla
