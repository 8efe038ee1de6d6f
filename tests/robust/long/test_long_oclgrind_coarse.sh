# Oclgrind finds no data race, no stray access and no wrong API call in any kernel, here on 8 x 8 x 8 voxels.
exec bash tests/robust/oclgrind.sh 2
