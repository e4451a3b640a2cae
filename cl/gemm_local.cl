// Matrix product for GPU-type devices: C = leaky(op(A) op(B) + beta C + bias), by tiles in local memory.
//
//   A(i, l) = a[i · a_row + l · a_column]     one of the two steps is 1
//   B(l, j) = b[l · b_row + j · b_column]     here, too
//   C(i, j) = c[i · c_row + j]
//
// Group (x, y, z) has tile x of the columns, tile y of the rows, and the z-th part of k, `part` long, a multiple
// of TILE_K. With several parts each part's product goes to a matrix of its own, one behind the other in c, and
// cl/join.cl adds them in order. The macros are those of local_tile.clh.
#include "local_tile.clh"
#include "common.clh"
#include "edge.clh"
#include "tile.clh"
#include "activation.clh"

__kernel TILE_GROUP void gemm_local(int m, int n, int k, VIEW(a), int a_row, int a_column, VIEW(b), int b_row,
                                    int b_column, VIEW_OUT(c), int c_row, float beta, int part, VIEW(bias),
                                    int with_bias, float slope) {
  BIND(a);
  BIND(b);
  BIND(bias);
  BIND_OUT(c);
  DECLARE_TILES
  const int down = get_local_id(0) / GROUP_N, across = get_local_id(0) % GROUP_N;
  const int column = get_group_id(0) * TILE_N, row = get_group_id(1) * TILE_M;
  const int begin = get_group_id(2) * part, end = min(begin + part, k);
  c += get_group_id(2) * (long)m * c_row;
  floatw sum[ROWS][VECTORS];
  EACH_ROW EACH_VECTOR sum[i][j] = 0;
  for (int at = begin; at < end; at += TILE_K) {
    FILL_A(a_column == 1, row + i < m && at + l < end
                              ? a[(row + i) * (long)a_row + (at + l) * (long)a_column]
                              : 0.0f)
    FILL_B(b_column != 1, column + i < n && at + l < end
                              ? b[(at + l) * (long)b_row + (column + i) * (long)b_column]
                              : 0.0f)
    barrier(CLK_LOCAL_MEM_FENCE);
    ADD_TILES(sum)
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  STORE_TILE(sum)
}
