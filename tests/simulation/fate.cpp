#include "simulation/fate.h"

namespace koppla::simulation {

namespace {

class MortalTransaction final : public db::Transaction {
  public:
    MortalTransaction(std::unique_ptr<db::Transaction> transaction, Fate& fate)
        : transaction_{std::move(transaction)}, fate_{fate} {}

    Result<std::unique_ptr<db::Cursor>> query(std::string_view sql,
                                              std::span<const db::Parameter> parameters) override {
        if (fate_.is_dead) return Fate::killed();
        return transaction_->query(sql, parameters);
    }
    Result<std::int64_t> execute(std::string_view sql, std::span<const db::Parameter> parameters) override {
        return fate_.take([&] { return transaction_->execute(sql, parameters); });
    }
    Result<std::int64_t> attempt(std::string_view sql) override {
        return fate_.take([&] { return transaction_->attempt(sql); });
    }
    Result<std::unique_ptr<db::Loader>> loader(std::string_view table,
                                               std::span<const db::LoaderColumn> columns) override {
        return transaction_->loader(table, columns);
    }
    Result<void> commit() override {
        return fate_.take([&] { return transaction_->commit(); });
    }

  private:
    std::unique_ptr<db::Transaction> transaction_;
    Fate& fate_;
};

}  // namespace

class MortalDatabase::Staging final : public db::Staging {
  public:
    Staging(std::unique_ptr<db::Staging> staging, MortalDatabase& database)
        : staging_{std::move(staging)}, database_{database}, fate_{database.fate_} {}

    [[nodiscard]] std::string kept() const override { return staging_->kept(); }
    Result<void> append(const model::Batch& batch) override {
        if (database_.is_lossy && ++database_.appended_ % 3 == 0) return {};
        return fate_.take([&] { return staging_->append(batch); });
    }
    Result<void> keep(std::string_view note) override {
        auto kept = fate_.take([&] { return staging_->keep(note); });
        if (kept && database_.turns != nullptr) database_.turns->kept();
        return kept;
    }
    Result<std::int64_t> finish() override {
        return fate_.take([&] { return staging_->finish(); });
    }
    [[nodiscard]] std::string name() const override { return staging_->name(); }
    void discard() override {
        if (!fate_.is_dead) staging_->discard();
    }

  private:
    std::unique_ptr<db::Staging> staging_;
    MortalDatabase& database_;
    Fate& fate_;
};

Result<std::unique_ptr<db::Transaction>> MortalDatabase::begin(db::Access access, const Call& call) {
    if (fate_.is_dead) return Fate::killed();
    return std::unique_ptr<db::Transaction>{
        std::make_unique<MortalTransaction>(TRY(database_.begin(access, call)), fate_)};
}

Result<std::unique_ptr<db::Staging>> MortalDatabase::begin_staging(
    std::string_view name, std::span<const db::LoaderColumn> columns) {
    if (fate_.is_dead) return Fate::killed();
    if (turns != nullptr) turns->begin();
    return std::unique_ptr<db::Staging>{
        std::make_unique<Staging>(TRY(database_.begin_staging(name, columns)), *this)};
}

}  // namespace koppla::simulation
