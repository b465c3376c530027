#pragma once

#include "crm/test/idle_connector.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla {

/// For tests: a CRM of one object that is written to, as the contract of RecordWriter has it. What it does is
/// decided by its hooks.
class WritingCrm final : public IdleConnector {
  public:
    using Row = std::map<std::string, std::optional<std::string>>;  ///< what was sent, by field
    enum class When { before_effect, after_effect };
    /// What becomes of the shipment with that number, counted from 0.
    std::function<std::optional<Error>(int shipment, When when)> fault = [](int, When) {
        return std::nullopt;
    };
    /// What the CRM says of a row; nothing: takes it.
    std::function<std::optional<WriteResult>(const Row& row)> judge = [](const Row&) { return std::nullopt; };
    /// Whether a shipment with such a row is refused as a whole.
    std::function<bool(const Row& row)> spoils = [](const Row&) { return false; };
    std::int64_t rows_max = 10;
    int lanes = 1;
    bool by_jobs = false;  ///< shipments have names

    std::vector<Row> records;          ///< as they are; an insert adds one, whatever it says
    std::vector<std::size_t> shipped;  ///< sizes of the shipments that had an effect
    std::map<std::string, std::vector<std::pair<std::int64_t, std::optional<WriteResult>>>> jobs;

    Result<std::unique_ptr<RecordWriter>> writer(const WriteRequest& request, std::int64_t,
                                                 const Call&) override {
        return std::unique_ptr<RecordWriter>{std::make_unique<Writer>(*this, request)};
    }

  private:
    class Writer final : public RecordWriter {
      public:
        Writer(WritingCrm& crm, const WriteRequest& request) : crm_{crm}, request_{request} {
            plan_ = {.path = crm.by_jobs ? WritePath::bulk : WritePath::rows,
                     .rows_max = crm.rows_max,
                     .bytes_max = 1U << 20U,
                     .lanes_max = crm.lanes,
                     .is_repeatable = !request.key.empty(),
                     .why = "as the test wants it"};
        }
        [[nodiscard]] const WritePlan& plan() const override { return plan_; }

        Result<void> write(RowSource& rows, std::string_view reference, WriteSink& sink,
                           const Call& call) override {
            if (call.is_over()) return call.cancelled("writing");
            const std::scoped_lock lock{crm_.mutex_};
            const int shipment = crm_.shipments_++;
            if (!reference.empty()) return tell_of(std::string{reference}, shipment, sink);
            const auto sent = TRY(gather(rows));
            std::string name;
            if (crm_.by_jobs) {
                name = "job" + std::to_string(shipment);
                TRY(sink.named(name));
            }
            if (auto broken = crm_.fault(shipment, When::before_effect)) {
                if (!name.empty()) crm_.jobs[name] = {};
                return *broken;
            }
            for (const auto& [number, row] : sent) {
                if (crm_.spoils(row)) return error(ErrorKind::invalid, "one of them spoils it");
            }
            auto results = take(sent);
            if (!name.empty()) crm_.jobs[name] = results;
            if (auto broken = crm_.fault(shipment, When::after_effect)) return *broken;
            return tell(results, sink);
        }

      private:
        using Sent = std::vector<std::pair<std::int64_t, Row>>;
        using Results = std::vector<std::pair<std::int64_t, std::optional<WriteResult>>>;

        Result<Sent> gather(RowSource& source) const {
            Sent sent;
            TRY(source.rewind());
            while (true) {
                const auto rows = TRY(source.next());
                if (!rows) return sent;
                for (std::size_t r = 0; r < rows->numbers.size(); ++r) {
                    Row row;
                    for (std::size_t c = 0; c < request_.columns.size(); ++c) {
                        const model::Cell& cell = rows->batch.cell(c, r);
                        if (cell.state == model::Cell::State::absent) continue;
                        row[request_.columns[c].field->name] =
                            cell.is_text() ? std::optional{std::string{cell.text()}} : std::nullopt;
                    }
                    sent.emplace_back(rows->numbers[r], std::move(row));
                }
            }
        }

        Results take(const Sent& sent) {
            Results results;
            for (const auto& [number, row] : sent) {
                auto judged = crm_.judge(row);
                if (!judged) put(row);
                results.emplace_back(number, judged);
            }
            crm_.shipped.push_back(sent.size());
            return results;
        }
        void put(const Row& row) {
            if (request_.key.empty()) return crm_.records.push_back(row);
            const auto key = row.at(request_.key);
            const auto found = std::ranges::find_if(crm_.records, [&](const Row& record) {
                return record.contains(request_.key) && record.at(request_.key) == key;
            });
            if (found == crm_.records.end()) return crm_.records.push_back(row);
            for (const auto& [field, value] : row) (*found)[field] = value;
        }

        /// A job that got no rows is sent nothing more here: its rows are put off.
        Result<void> tell_of(const std::string& name, int shipment, WriteSink& sink) {
            const auto job = crm_.jobs.find(name);
            if (job == crm_.jobs.end()) return error(ErrorKind::expired, "there is no job " + name);
            if (auto broken = crm_.fault(shipment, When::after_effect)) return *broken;
            return tell(job->second, sink);
        }
        Result<void> tell(const Results& results, WriteSink& sink) const {
            std::vector<WriteResult> told;
            for (const auto& [number, judged] : results) {
                WriteResult result = judged.value_or(WriteResult{.is_created = true, .id = "made"});
                result.row = number;
                told.push_back(result);
            }
            return sink.settled(told);
        }

        WritingCrm& crm_;
        const WriteRequest request_;
        WritePlan plan_;
    };

    std::mutex mutex_;
    int shipments_ = 0;
};

}  // namespace koppla
