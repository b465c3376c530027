#include "crm/salesforce/deletions.h"

#include "crm/codec/page_body.h"
#include "crm/codec/record_cutter.h"
#include "crm/refusal.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/pages.h"
#include "crm/salesforce/query.h"
#include "crm/salesforce/tuning.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

using std::chrono::minutes;

constexpr std::string_view master_field = "MasterRecordId";

const std::vector<RecordCutter::Path> columns = {{"id"}, {"deletedDate"}};

/// "2026-11-01T10:00:00Z", as a query string holds it.
std::string parameter(Instant minute) {
    return http::percent_encode(format_instant(minute).substr(0, 19) + "Z");
}

/// Records that were merged away, and those that live on in their place.
class Masters final : public BatchSink {
  public:
    model::Batch fresh() override { return std::exchange(spare_, {}); }
    Result<void> put(model::Batch batch, const Part& /*resume*/) override {
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            const model::Cell& id = batch.cell(0, row);
            const model::Cell& master = batch.cell(1, row);
            if (id.is_text() && master.is_text() && is_id(master.text()))
                masters_.emplace(id.text(), master.text());
        }
        spare_ = std::move(batch);
        return {};
    }
    void expect(std::int64_t /*rows*/) override {}
    void note(std::string_view /*text*/) override {}

    /// Who lives on for a record, however often it was merged again; or empty.
    [[nodiscard]] std::string_view survivor(std::string_view id) const {
        constexpr int merges_max = 100;
        std::string_view last;
        auto found = masters_.find(id);
        for (int merges = 0; found != masters_.end() && merges < merges_max; ++merges) {
            last = found->second;
            found = masters_.find(last);
        }
        return last;
    }

  private:
    std::map<std::string, std::string, std::less<>> masters_;
    model::Batch spare_;
};

/// What an answer says besides the deletions.
struct Reach {
    std::string earliest, latest;
};

class Deletions {
  public:
    Deletions(Session& session, const Clock& clock, const Allowance& allowance,
              const model::ObjectSchema& object, Instant from, Instant until, DeletionSink& sink,
              const Call& call)
        : session_{session},
          clock_{clock},
          allowance_{allowance},
          object_{object},
          from_{from},
          until_{until},
          sink_{sink},
          call_{call},
          attempted_{fmt::format("reading what was deleted of {}", object.name)} {}

    Result<Instant> read() {
        if (until_ < from_)
            return error(ErrorKind::invalid, fmt::format("{}: the period ends before it begins", attempted_));
        if (!is_identifier(object_.name))
            return error(ErrorKind::invalid, fmt::format("{}: it has no name to ask by", attempted_));
        Instant begin = std::chrono::floor<minutes>(from_);
        // Of a whole minute's end nobody says whether it is included: the minute behind it is asked for too.
        const Instant end = std::max<Instant>(std::chrono::floor<minutes>(until_) + minutes{1},
                                              begin + tuning::deletion_window_min);
        minutes length = std::chrono::duration_cast<minutes>(end - begin);
        while (begin < end) {
            // What is left behind the last one would be too short to be asked for.
            Instant stop = std::min<Instant>(begin + length, end);
            if (end - stop < tuning::deletion_window_min) stop = end;
            const auto covered = window(begin, stop, stop == end);
            if (!covered) {
                if (covered.error().symbol != "EXCEEDED_ID_LIMIT" ||
                    stop - begin < 2 * tuning::deletion_window_min)
                    return covered.error();
                length = std::chrono::duration_cast<minutes>(stop - begin) / 2;
                continue;
            }
            if (*covered < stop) return std::min(*covered, until_);
            begin = stop;
        }
        return until_;
    }

  private:
    /// Until when Salesforce can tell, within the window; what lies behind its end is the next one's.
    Result<Instant> window(Instant begin, Instant end, bool is_last) {
        model::Batch batch;
        auto reach = ask(begin, end, batch);
        if (!reach) {
            if (reach.error().symbol == "INVALID_REPLICATION_DATE") return out_of_reach(reach.error());
            return reach.error();
        }
        const auto earliest = parse_instant(reach->earliest);
        if (earliest && *earliest > std::max(begin, from_)) return too_late(*earliest);
        const auto latest = parse_instant(reach->latest);
        if (!latest) {
            return error(
                ErrorKind::corrupt,
                fmt::format("{} failed: the answer doesn't say until when it is complete", attempted_));
        }
        TRY(hand_over(batch, begin, is_last ? until_ : end - std::chrono::milliseconds{1}));
        return std::min(*latest, end);
    }

    Result<Reach> ask(Instant begin, Instant end, model::Batch& batch) {
        const std::string path =
            fmt::format("{}/sobjects/{}/deleted/?start={}&end={}", TRY(session_.data_path(call_)),
                        object_.name, parameter(begin), parameter(end));
        PageBody body{std::move(batch), tuning::answer_bytes_max};
        auto response = session_.send(Ask{.path = path, .attempted = attempted_}, body, call_);
        if (!response) return response.error();
        batch = std::move(body.batch);
        if (is_web_page({batch.page.bytes.get(), batch.page.size})) return web_page_error(attempted_);
        RecordCutter cutter{columns};
        Reach reach;
        bool has_records = false;
        auto read =
            cutter.read(batch, [&](std::string_view name, RecordCutter::Value& value) -> Result<void> {
                if (name == "deletedRecords") {
                    has_records = true;
                    TRY(cutter.cut(value, batch));
                } else if (name == "earliestDateAvailable") {
                    reach.earliest = TRY(value.text());
                } else if (name == "latestDateCovered") {
                    reach.latest = TRY(value.text());
                }
                return {};
            });
        if (!read) return read.error().with_context(attempted_);
        if (!has_records)
            return RecordCutter::page_fault("it holds no 'deletedRecords'").with_context(attempted_);
        return reach;
    }

    Result<void> hand_over(model::Batch& batch, Instant begin, Instant last) {
        constexpr std::array<std::size_t, 1> id_column = {0};
        lengthen_ids(batch, id_column);
        if (batch.row_count() > 0) TRY(look_up_masters());
        std::vector<Deletion> deletions;
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            const std::string_view id = batch.cell(0, row).is_text() ? batch.cell(0, row).text() : "";
            if (!is_id(id)) {
                return error(ErrorKind::corrupt,
                             fmt::format("{} failed: a deleted record has no id", attempted_));
            }
            Deletion deletion{.id = id, .merged_into = masters_.survivor(id)};
            if (const model::Cell& date = batch.cell(1, row); date.is_text()) {
                if (const auto at = parse_instant(date.text())) deletion.at = *at;
            }
            // Seconds are dropped from what is asked for, so that more comes than was meant.
            const bool is_meant =
                !deletion.at || (*deletion.at >= std::max(begin, from_) && *deletion.at <= last);
            if (is_meant) deletions.push_back(deletion);
            if (deletions.size() == tuning::deletions_at_once) {
                TRY(sink_.put(deletions));
                deletions.clear();
            }
        }
        if (deletions.empty()) return {};
        return sink_.put(deletions);
    }

    /// Once, when something was deleted at all.
    Result<void> look_up_masters() {
        if (std::exchange(has_masters_, true) || object_.find(master_field) == nullptr) return {};
        ReadRequest request{
            .object = &object_,
            .fields = {object_.key, std::string{master_field}},
            .filter =
                fmt::format("{} != null{}", master_field,
                            object_.removal_flag.empty() ? "" : " AND " + object_.removal_flag + " = true")};
        if (!object_.stamp.empty()) {
            request.index_field = object_.stamp;
            request.from = std::chrono::floor<minutes>(from_);
            request.until = std::chrono::ceil<minutes>(until_);
        }
        const Position position{.stage = Position::Stage::pages};
        TRY(read_pages(session_, allowance_, request, position, 0, masters_, call_));
        return {};
    }

    /// The log doesn't reach back so far. How far it does, an answer for the last minutes tells.
    Error out_of_reach(Error refusal) {
        model::Batch batch;
        const Instant end = std::chrono::floor<minutes>(clock_.now());
        const auto reach = ask(end - tuning::deletion_window_min, end, batch);
        const auto earliest = reach ? parse_instant(reach->earliest) : Result<Instant>{reach.error()};
        if (earliest && *earliest > from_) return too_late(*earliest);
        return refusal;
    }

    Error too_late(Instant earliest) const {
        return error(
            ErrorKind::expired,
            fmt::format("{} failed: from {} on was asked for, and Salesforce knows deletions of this "
                        "object from {} on; ask from then on, and find older ones with --sweep",
                        attempted_, format_instant(from_), format_instant(earliest)),
            "INVALID_REPLICATION_DATE");
    }

    Session& session_;
    const Clock& clock_;
    const Allowance& allowance_;
    const model::ObjectSchema& object_;
    const Instant from_, until_;
    DeletionSink& sink_;
    const Call& call_;
    const std::string attempted_;
    Masters masters_;
    bool has_masters_ = false;
};

}  // namespace

Result<Instant> read_deletions(Session& session, const Clock& clock, const Allowance& allowance,
                               const model::ObjectSchema& object, Instant from, Instant until,
                               DeletionSink& sink, const Call& call) {
    return Deletions{session, clock, allowance, object, from, until, sink, call}.read();
}

}  // namespace koppla::salesforce
