#pragma once

#include <cstddef>
#include <cstdint>

/// Every figure that was chosen, with its reason.
namespace koppla::dynamics::tuning {

/// Tables of one RetrieveMetadataChanges. It answers for many tables at once with every type's own
/// properties, choices and keys among them, and for none that is unchanged since a stamp. EntityDefinitions
/// with its attributes expanded tells base properties only, and takes six more requests a table for the casts
/// that carry choices. Twenty tables are some 10 MB of metadata.
inline constexpr int objects_per_describe = 20;

/// Below this one lane is as good: the parts cost three requests to be known, and a page of 5,000 records
/// takes half a second.
inline constexpr std::int64_t partition_rows_min = 50'000;

/// Parts read side by side. Dynamics takes more, but so many keep one thread that stages busy.
inline constexpr int lanes_max = 4;

/// Parts a lane: records are never spread evenly over time, and who has finished takes the next.
inline constexpr int parts_a_lane = 4;

/// Records of a $batch. Each counts as a request, so that larger batches save no allowance, only round trips;
/// a batch is carried out one record after the other on one connection, and two minutes are the end of it:
/// 100 at 50 ms and more each are far from that. [the reference's 7.1]
inline constexpr int batch_rows = 100;

/// Bytes of a shipment's cells: what a lane holds three times over, as cells, as text and on its way out.
inline constexpr std::size_t batch_cell_bytes = std::size_t{512} << 10;

/// A batch's text is sent before it grows beyond, however long its rows are. [Dataverse: 128 MB]
inline constexpr std::size_t batch_body_bytes = std::size_t{16} << 20;

}  // namespace koppla::dynamics::tuning
